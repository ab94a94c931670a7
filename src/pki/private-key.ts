import { equalBytes } from "../bytes.ts";
import { ok, type Result } from "../result.ts";
import { defect, type CaDefect } from "./ca-defect.ts";
import { Fields } from "./der/fields.ts";
import { decode, withDer, type Bytes } from "./der/reader.ts";
import { contextConstructed, contextPrimitive, TAG } from "./der/tags.ts";
import { octetString, sequence, smallInteger } from "./der/writer.ts";
import type { AcceptedKey } from "./key-policy.ts";
import { readPem, type PemBlock } from "./pem.ts";
import { keyFamily, type SignatureAlgorithm } from "./signature-algorithm.ts";
import { importParameters } from "./verify-signature.ts";

/**
 * Imports the private key that belongs to a certificate's key, as a CryptoKey that only signs and cannot be exported.
 * Takes PEM of PKCS#8, SEC1 (with or without an EC PARAMETERS block before it) and PKCS#1. No answer holds a byte of it.
 *
 * That it has the certificate's algorithm and curve is seen here; that it is the same key, only by signing.
 */
export const importSigningKey = async (
  pem: string,
  certified: AcceptedKey,
  algorithm: SignatureAlgorithm,
): Promise<Result<CryptoKey, CaDefect>> => {
  const block = readKeyBlock(pem);
  if (!block.ok) return block;
  const pkcs8 = toPkcs8(block.value, certified);
  if (!pkcs8.ok) return pkcs8;
  const parameters = importParameters(certified.type, algorithm.hash);
  try {
    return ok(await crypto.subtle.importKey("pkcs8", pkcs8.value, parameters, false, ["sign"]));
  } catch {
    // Whatever WebCrypto says here could quote the key, so it goes no further.
    return defect(
      "key-form",
      "the private key cannot be imported: export it again as PKCS#8 (openssl pkcs8 -topk8 -nocrypt)",
    );
  }
};

const readKeyBlock = (pem: string): Result<PemBlock, CaDefect> => {
  if (pem.trim() === "") return defect("key-form", "the private key is empty");
  if (pem.includes("\\n"))
    return defect("key-form", "the private key's line ends are the two characters \\n: store real line ends");
  if (pem.includes("ENCRYPTED"))
    return defect("key-form", "the private key is encrypted: store it without a passphrase");
  const blocks = readPem(pem, "blank");
  if (!blocks.ok) return defect("key-form", `the private key is not a clean PEM block: ${blocks.error}`);
  const [block, another] = blocks.value.filter(({ label }) => label !== "EC PARAMETERS");
  if (block === undefined || another !== undefined)
    return defect("key-form", "the private key must be exactly one PEM block");
  return ok(block);
};

/** The two older forms lack what PKCS#8 (RFC 5208 §5) puts around them: the algorithm, which the certificate knows. */
const toPkcs8 = ({ label, der }: PemBlock, certified: AcceptedKey): Result<Bytes, CaDefect> => {
  const family = keyFamily(certified.type);
  switch (label) {
    case "PRIVATE KEY":
      return checkPkcs8(der, certified);
    case "EC PRIVATE KEY":
      return family === "ec" ? ok(wrap(der, certified)) : MISMATCH;
    case "RSA PRIVATE KEY":
      return family === "rsa" ? ok(wrap(der, certified)) : MISMATCH;
    case "PUBLIC KEY":
      return defect("key-form", "there is a public key where the private key belongs");
    default:
      return defect(
        "key-form",
        "the private key's PEM label is not PRIVATE KEY, EC PRIVATE KEY or RSA PRIVATE KEY",
      );
  }
};

/** Attributes `[0]` and, in version 2, the public key `[1]` may follow (RFC 5958 §2). */
const checkPkcs8 = (der: Bytes, certified: AcceptedKey): Result<Bytes, CaDefect> =>
  withDer<Bytes, CaDefect>(
    (clause) => ({ reason: "key-form", detail: `the private key is not PKCS#8: ${clause}` }),
    () => {
      const fields = new Fields(decode(der), TAG.sequence);
      fields.take(TAG.integer);
      const algorithm = fields.take(TAG.sequence);
      fields.take(TAG.octetString);
      fields.optional(contextConstructed(0));
      fields.optional(contextPrimitive(1));
      fields.end();
      return equalBytes(algorithm.raw, algorithmOf(certified)) ? ok(der) : MISMATCH;
    },
  );

const wrap = (der: Bytes, certified: AcceptedKey): Bytes =>
  sequence(smallInteger(0), algorithmOf(certified), octetString(der));

/** The AlgorithmIdentifier of a SubjectPublicKeyInfo that was accepted, so this cannot fail. */
const algorithmOf = ({ spki }: AcceptedKey): Bytes =>
  new Fields(decode(spki), TAG.sequence).take(TAG.sequence).raw;

const MISMATCH = defect(
  "key-mismatch",
  "the private key is of another type or curve than the certificate's key",
);
