import { ok } from "../result.ts";
import { Fields } from "./der/fields.ts";
import { decode, withDer, type Bytes } from "./der/reader.ts";
import { TAG } from "./der/tags.ts";
import { unsignedInteger } from "./der/values.ts";
import { integer, sequence } from "./der/writer.ts";

/**
 * X.509 carries an ECDSA signature as `SEQUENCE { r, s }` (RFC 3279 §2.2.3), WebCrypto as r and s side by side
 * (IEEE P1363), each as long as the order of the curve.
 */

/** The P1363 form, or `null` where the bytes are not exactly that SEQUENCE of two positive INTEGERs that fit. */
export const ecdsaFromDer = (signature: Bytes, size: number): Bytes | null => {
  const numbers = withDer(
    () => null,
    () => {
      const fields = new Fields(decode(signature), TAG.sequence);
      const pair = [
        unsignedInteger(fields.take(TAG.integer)),
        unsignedInteger(fields.take(TAG.integer)),
      ] as const;
      fields.end();
      return ok(pair);
    },
  );
  if (!numbers.ok || numbers.value.some((number) => number.length > size)) return null;
  const raw = new Uint8Array(2 * size);
  const [r, s] = numbers.value;
  raw.set(r, size - r.length);
  raw.set(s, 2 * size - s.length);
  return raw;
};

export const ecdsaToDer = (raw: Bytes): Bytes => {
  const size = raw.length / 2;
  return sequence(integer(raw.subarray(0, size)), integer(raw.subarray(size)));
};

/** Octets of the order of a curve, by the length of its uncompressed points. */
export const orderSize = (subjectPublicKey: Uint8Array): number => (subjectPublicKey.length - 1) / 2;
