import type { Refusal } from "../refusal.ts";
import { refuse } from "../refusal.ts";
import { ok, type Result } from "../result.ts";
import type { Bytes } from "./der/reader.ts";
import { nameForeignText } from "./foreign-object.ts";
import { joinBase64, readPem } from "./pem.ts";

/** The wire contract's limit for a body; the HTTP layer counts while it streams, and this holds whoever calls. */
export const MAX_CSR_BYTES = 32 * 1024;

const DER_SEQUENCE = 0x30;
/** RFC 7468 §7; the second is what keytool, certutil and IIS write. */
const CSR_LABELS: ReadonlySet<string> = new Set(["CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST"]);

/**
 * The DER bytes of a certification request from its three forms: DER, one PEM block (text before it is accepted, nothing
 * after it), or bare base64 as in EST (RFC 7030 §4.2.1).
 *
 * Refuses with `malformed-csr`. Where the body looks like another object, such as a private key, the detail says which.
 */
export const readCsr = (body: Uint8Array): Result<Bytes, Refusal> => {
  if (body.length === 0) return malformed("the request has no CSR: send the PKCS#10 request as PEM or DER");
  if (body.length > MAX_CSR_BYTES) return malformed("the CSR is larger than 32 KiB");
  if (body[0] === DER_SEQUENCE) return ok(new Uint8Array(body));
  // Invalid UTF-8 becomes U+FFFD, which no base64 holds; a byte order mark is dropped.
  return readCsrText(new TextDecoder().decode(body));
};

const readCsrText = (text: string): Result<Bytes, Refusal> => {
  const foreign = nameForeignText(text);
  if (foreign !== null) return malformed(foreign);
  if (!text.includes("-----")) return readBareBase64(text);
  const blocks = readPem(text, "text");
  if (!blocks.ok) return malformed(`the CSR is not one clean PEM block: ${blocks.error}`);
  const [block, another] = blocks.value;
  if (block === undefined || !CSR_LABELS.has(block.label)) return malformed(NO_REQUEST_BLOCK);
  if (another !== undefined) return malformed("the body holds more than one PEM block: send the CSR alone");
  return ok(block.der);
};

const readBareBase64 = (text: string): Result<Bytes, Refusal> => {
  const der = joinBase64(text);
  return der?.[0] === DER_SEQUENCE ? ok(der) : malformed(NOT_A_FORM);
};

const NO_REQUEST_BLOCK = "the body holds no CERTIFICATE REQUEST block: send what openssl req -new writes";
const NOT_A_FORM = "the CSR must be PEM, DER, or base64 of the DER; this is none of them";

const malformed = (detail: string): Result<never, Refusal> => refuse({ code: "malformed-csr", detail });
