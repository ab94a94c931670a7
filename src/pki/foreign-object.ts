import { decode, withDer, type Bytes, type DerElement } from "./der/reader.ts";
import { TAG } from "./der/tags.ts";
import { pemLabels } from "./pem.ts";
import { ok } from "../result.ts";

/**
 * What a caller sent where a CSR belongs. People paste the wrong file, and the answer should name it.
 * These are guesses for the sake of a helpful sentence: nothing is ever accepted because of them.
 */

const PRIVATE_KEY =
  "this is a private key: it must never leave the node, so make a new one, and send the CSR that openssl req -new writes from it";
const CERTIFICATE =
  "this is a certificate, not a certificate request: send the CSR that it would be made from";
const PUBLIC_KEY = "this is a bare public key: send a CSR, which proves that you hold the private key";
const PKCS7 = "this is a PKCS#7 or CMS object, not a certificate request";
const PKCS12 = "this is a PKCS#12 file, which holds a private key: it must never leave the node; send a CSR";
const HTML =
  "this is an HTML or XML page: look for a proxy or a captive portal between the node and Interlock";
const JSON_TEXT = "this is JSON where the CSR belongs";
const SPKAC = "this is a Netscape SPKAC, not a certificate request";
const SSH = "this is an SSH public key: send a CSR made with openssl req -new";
const HEX = "this is hexadecimal text: send the CSR as PEM, DER, or base64 of the DER";

const BY_LABEL: readonly (readonly [part: string, sentence: string])[] = [
  ["PRIVATE KEY", PRIVATE_KEY],
  ["PKCS7", PKCS7],
  ["CMS", PKCS7],
  ["PUBLIC KEY", PUBLIC_KEY],
];

const BY_BEGINNING: readonly (readonly [beginning: string, sentence: string])[] = [
  ["<", HTML],
  ["{", JSON_TEXT],
  ["SPKAC=", SPKAC],
  ["ssh-", SSH],
  ["ecdsa-sha2-", SSH],
  ["308", HEX],
];

/** A sentence about a text that is certainly no CSR, or `null`. A private key anywhere in it comes first. */
export const nameForeignText = (text: string): string | null => {
  const labels = pemLabels(text);
  for (const [part, sentence] of BY_LABEL) {
    if (labels.some((label) => label.includes(part))) return sentence;
  }
  if (labels.length > 0 && labels.every((label) => label === "CERTIFICATE")) return CERTIFICATE;
  const beginning = text.trimStart();
  return BY_BEGINNING.find(([start]) => beginning.startsWith(start))?.[1] ?? null;
};

/** A sentence about DER that turned out to be no CSR, or `null`. */
export const nameForeignDer = (der: Bytes): string | null => {
  const named = withDer(
    () => null,
    () => ok(nameShape(decode(der))),
  );
  return named.ok ? named.value : null;
};

/** By the types of the outermost fields, as in the ASN.1 modules of RFC 5280, 5208, 5915, 8017, 5652 and 7292. */
const nameShape = (root: DerElement): string | null => {
  const [first, second, third] = root.children.map((child) => child.tag);
  const inner = root.children[0]?.children[0]?.tag;
  if (first === TAG.oid) return PKCS7;
  if (first === TAG.integer && second === TAG.sequence)
    return third === TAG.octetString ? PRIVATE_KEY : PKCS12;
  if (first === TAG.integer && (second === TAG.integer || second === TAG.octetString)) return PRIVATE_KEY;
  if (first === TAG.sequence && second === TAG.bitString) return PUBLIC_KEY;
  if (
    first === TAG.sequence &&
    second === TAG.sequence &&
    third === TAG.bitString &&
    inner === EXPLICIT_VERSION
  ) {
    return CERTIFICATE;
  }
  return null;
};

/** A version 3 certificate begins with `[0] EXPLICIT Version`. */
const EXPLICIT_VERSION = 0xa0;
