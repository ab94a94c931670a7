import { equalBytes } from "../../src/bytes.ts";
import { readCertificate, type Certificate } from "../../src/pki/certificate.ts";
import { normaliseBer } from "../../src/pki/cms/ber.ts";
import {
  readSignedContent,
  signerCertificate,
  verifySignedData,
  type SignedContent,
} from "../../src/pki/cms/signed-data.ts";
import { isSigner } from "../../src/pki/cms/signer-info.ts";
import { decode, withDer, type Bytes } from "../../src/pki/der/reader.ts";
import { readEnvelope } from "../../src/pki/envelope.ts";
import { acceptPublicKey } from "../../src/pki/key-policy.ts";
import { ok } from "../../src/result.ts";
import type { Libcrypto } from "../support/libcrypto.ts";
import { cmsCases, type CmsCase } from "./cms-cases.ts";
import { makeCmsSeeds } from "./cms-seeds.ts";
import type { Outcome, Target } from "./target.ts";

/** Signed messages, BER among them. Whatever is accepted by a certificate that is believed, OpenSSL accepts with the same content. */
export const cmsTarget = async (openssl: Libcrypto | null): Promise<Target<CmsCase>> => ({
  cases: cmsCases(await makeCmsSeeds()),
  judge: async (one) => {
    const envelope = readEnvelope(one.body);
    checkNormalised(one.body);
    const content = readSignedContent(one.body);
    if (content.ok) return judgeContent(content.value, one, openssl);
    return envelope.ok
      ? { code: "envelope", sentence: envelope.value.proof === null ? "bare" : "signed" }
      : { code: envelope.error.code, sentence: envelope.error.detail };
  },
  reach: [
    "accepted",
    "stranger",
    "envelope",
    "no-signer",
    "not-verified",
    "malformed-csr",
    "credential-invalid",
  ],
});

/** What is normalised is DER as far as its lengths go, so once more changes nothing; and nothing is done to what was DER before. */
const checkNormalised = (body: Bytes): void => {
  const again = attempt(() => normaliseBer(normaliseBer(body)));
  const once = attempt(() => normaliseBer(body));
  if (once !== null && (again === null || !equalBytes(once, again)))
    throw new Error("normalised twice, it is another value");
  if (once !== null && attempt(() => decode(body)) !== null && !equalBytes(once, body))
    throw new Error("it was DER, and is another value when normalised");
};

const attempt = <T>(read: () => T): T | null => {
  const result = withDer(
    () => null,
    () => ok(read()),
  );
  return result.ok ? result.value : null;
};

const judgeContent = async (
  content: SignedContent,
  { body, known, bag }: CmsCase,
  openssl: Libcrypto | null,
): Promise<Outcome> => {
  const signer = signerOf(content, known);
  if (typeof signer === "string") return { code: "no-signer", sentence: signer };
  const key = acceptPublicKey(signer.tbs.spki);
  if (!key.ok) return { code: "no-signer", sentence: key.error.detail };
  const verified = await verifySignedData(content, key.value);
  if (!verified.ok) return { code: "not-verified", sentence: verified.error };
  // A certificate that no ledger and no pin has is believed by nobody, whatever it signs.
  if (!holds(known, signer.der)) return { code: "stranger", sentence: "verified" };
  // Nothing is read in a certificate that nobody asks for; OpenSSL reads it all the same.
  if (!content.certificates.every((der) => holds([...known, ...bag], der)))
    return { code: "stranger", sentence: "beside the signer's" };
  const theirs = openssl === null ? content.content : await openssl.cms(body, known);
  if (theirs === null) throw new Error("accepted, and OpenSSL does not read or verify it");
  if (!equalBytes(theirs, content.content)) throw new Error("accepted, and OpenSSL reads another content");
  return { code: "accepted", sentence: content.signer.attributes === null ? "bare" : "attributes" };
};

const holds = (list: readonly Bytes[], der: Bytes): boolean => list.some((one) => equalBytes(one, der));

/** The one in the bag, as for renewals, or a pinned one where the bag is empty, as for instance identity documents; otherwise why there is none. */
const signerOf = (content: SignedContent, known: readonly Bytes[]): Certificate | string => {
  const inside = signerCertificate(content);
  if (inside.ok) return inside.value;
  if (content.certificates.length > 0) return inside.error;
  const pins = known.map(readCertificate).flatMap((pin) => (pin.ok ? [pin.value] : []));
  return pins.find((pin) => isSigner(content.signer.identifier, pin)) ?? inside.error;
};
