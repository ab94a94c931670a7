import * as z from "zod/mini";
import { lazy } from "../../lazy.ts";
import { strictJson } from "../../strict-json.ts";

/** What an attested document says, as far as it bears on a certificate. */
export interface AttestedDocument {
  readonly nonce: string;
  readonly subscriptionId: string;
  readonly vmId: string;
  /** Epoch seconds. */
  readonly expiresOn: number;
  /** Every member, for the node template. */
  readonly members: object;
}

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
/** `11/22/26 14:00:00 -0000`: month first, two digits of the year, always UTC. */
const TIME = /^([0-9]{2})\/([0-9]{2})\/([0-9]{2}) ([0-9]{2}:[0-9]{2}:[0-9]{2}) -0000$/;

const documentSchema = lazy(() =>
  z.looseObject({
    nonce: z.string(),
    subscriptionId: z.string().check(z.toLowerCase(), z.regex(UUID)),
    vmId: z.string().check(z.toLowerCase(), z.regex(UUID)),
    timeStamp: z.object({ expiresOn: z.string().check(z.regex(TIME)) }),
  }),
);

/** Reads the document from the bytes whose signature was verified. `null` for anything else. */
export const readAttestedDocument = (verified: Uint8Array): AttestedDocument | null => {
  const json = strictJson(verified);
  const parsed = json.ok ? documentSchema().safeParse(json.value) : null;
  if (parsed?.success !== true) return null;
  const { nonce, subscriptionId, vmId, timeStamp } = parsed.data;
  const expiresOn = secondsOf(timeStamp.expiresOn);
  return expiresOn === null ? null : { nonce, subscriptionId, vmId, expiresOn, members: parsed.data };
};

const secondsOf = (text: string): number | null => {
  const [, month, day, year, time] = TIME.exec(text) ?? [];
  const milliseconds = Date.parse(`20${year}-${month}-${day}T${time}Z`);
  return Number.isNaN(milliseconds) ? null : milliseconds / 1000;
};

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const NONCE_LENGTH = 32;

/** What the node asks its metadata service to sign: 160 bits of the CSR's SHA-256, in base32 (RFC 4648 §6). */
export const nonceOf = (csrSha256: Uint8Array): string => {
  let text = "";
  for (let bit = 0; text.length < NONCE_LENGTH; bit += 5) {
    const at = bit >> 3;
    const pair = ((csrSha256[at] ?? 0) << 8) | (csrSha256[at + 1] ?? 0);
    text += ALPHABET.charAt((pair >> (11 - (bit & 7))) & 31);
  }
  return text;
};
