import { equalBytes, utf8 } from "../bytes.ts";
import { refuse, type Refusal } from "../refusal.ts";
import { ok, type Result } from "../result.ts";
import { looksLikeCms, readSignedData, type SignedData } from "./cms/signed-data.ts";
import { readCsr } from "./csr-envelope.ts";
import type { Bytes } from "./der/reader.ts";
import { joinBase64, pemLabels, readPem } from "./pem.ts";

/** What a caller sent: a certification request, or one inside of a message that a certificate's key has signed. Neither is verified. */
export interface Envelope {
  /** The certification request's DER. */
  readonly csr: Bytes;
  readonly proof: SignedData | null;
}

/** What OpenSSL and others write around a CMS message (RFC 7468 §8 and §9). */
const MIME = utf8("MIME-Version:");
const SMIME = "this is S/MIME, a message in a mail: call openssl cms with -outform PEM";
const CMS_LABELS: ReadonlySet<string> = new Set(["CMS", "PKCS7"]);
const DER_SEQUENCE = 0x30;

/**
 * Opens a body: a CMS message (DER, BER, PEM or bare base64) or whatever `readCsr` takes. The content of a CMS message is in its
 * turn what `readCsr` takes, because `openssl cms` signs the CSR's file as it is.
 *
 * Refuses with `credential-invalid` a CMS message that is not exactly what `openssl cms -sign -binary -nodetach` writes over a CSR,
 * and with `malformed-csr` what `readCsr` refuses.
 */
export const readEnvelope = (body: Uint8Array): Result<Envelope, Refusal> => {
  const message = readMessage(body);
  if (message === null) return csrAlone(body);
  return message.ok ? openMessage(message.value) : message;
};

/** A CMS message whatever it holds; `null` where the body is something else. Not verified. Refuses as {@link readEnvelope} does. */
export const readMessage = (body: Uint8Array): Result<SignedData, Refusal> | null => {
  if (isSmime(body)) return invalid(SMIME);
  const message = body[0] === DER_SEQUENCE ? new Uint8Array(body) : messageOfText(body);
  if (message === null || !looksLikeCms(message)) return null;
  const signed = readSignedData(message);
  return signed.ok
    ? signed
    : invalid(`the CMS message is not what openssl cms -sign -binary -nodetach writes: ${signed.error}`);
};

/** What `openssl cms` writes unless told otherwise: mail. */
const isSmime = (body: Uint8Array): boolean => equalBytes(body.subarray(0, MIME.length), MIME);

/** The DER or BER inside a text that might be a CMS message. What is wrong with any other text, `readCsr` says. */
const messageOfText = (body: Uint8Array): Bytes | null => {
  const text = new TextDecoder().decode(body);
  if (!text.includes("-----")) return joinBase64(text);
  if (!pemLabels(text).some((label) => CMS_LABELS.has(label))) return null;
  const blocks = readPem(text, "text");
  if (!blocks.ok) return null;
  const [block, another] = blocks.value;
  return block !== undefined && another === undefined && CMS_LABELS.has(block.label) ? block.der : null;
};

const openMessage = (proof: SignedData): Result<Envelope, Refusal> => {
  const csr = readCsr(proof.content);
  return csr.ok
    ? ok({ csr: csr.value, proof })
    : invalid(`what the CMS message holds is no CSR: ${csr.error.detail}`);
};

const invalid = (detail: string): Result<never, Refusal> => refuse({ code: "credential-invalid", detail });

const csrAlone = (body: Uint8Array): Result<Envelope, Refusal> => {
  const csr = readCsr(body);
  return csr.ok ? ok({ csr: csr.value, proof: null }) : csr;
};
