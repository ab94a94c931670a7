import { concatBytes, latin1, toHex } from "../bytes.ts";
import { ok } from "../result.ts";
import { Fields } from "./der/fields.ts";
import { decode, DerError, withDer, type Bytes, type DerElement } from "./der/reader.ts";
import { TAG } from "./der/tags.ts";
import { sequence, setOf, utf8String } from "./der/writer.ts";

/**
 * The hash by which OpenSSL and Erlang find the CRLs of an issuer in a folder (`X509_NAME_hash`, `public_key:short_name_hash/1`;
 * erlang.md §12): eight hexadecimal digits from the SHA-1 of the name's canonical form. It names a file and proves nothing.
 * `null`: the name is malformed.
 */
export const nameHash = async (name: Bytes): Promise<string | null> => {
  const canonical = withDer(sayDefect, () => ok(concatBytes(...decode(name).children.map(canonicalRdn))));
  if (!canonical.ok) return null;
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-1", canonical.value));
  return toHex(digest.subarray(0, 4).toReversed());
};

const sayDefect = (defect: string): string => defect;

const canonicalRdn = (rdn: DerElement): Bytes => setOf(...rdn.children.map(canonicalAttribute));

const canonicalAttribute = (attribute: DerElement): Bytes => {
  const fields = new Fields(attribute, TAG.sequence);
  const type = fields.take(TAG.oid);
  const value = fields.any();
  fields.end();
  const decodeText = TEXT_FORMS[value.tag];
  return sequence(
    type.raw,
    decodeText === undefined ? value.raw : utf8String(folded(decodeText(value.content))),
  );
};

/** Outer blanks go, inner runs become one space, ASCII letters lower case; everything else stays. */
const folded = (text: string): string =>
  text
    .replaceAll(/^[ \t-\r]+|[ \t-\r]+$/g, "")
    .replaceAll(/[ \t-\r]+/g, " ")
    .replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase());

const unicode = (octets: Uint8Array): string => {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(octets);
  } catch {
    throw new DerError("a UTF8String is not UTF-8");
  }
};

const wide =
  (width: 2 | 4) =>
  (octets: Uint8Array): string => {
    if (octets.length % width !== 0) throw new DerError("a string has half a character");
    const view = new DataView(octets.buffer, octets.byteOffset, octets.length);
    return Array.from({ length: octets.length / width }, (_, i) =>
      character(width === 2 ? view.getUint16(2 * i) : view.getUint32(4 * i)),
    ).join("");
  };

const character = (codePoint: number): string => {
  if (codePoint > 0x10_ffff) throw new DerError("a string has a character that Unicode does not");
  return String.fromCodePoint(codePoint);
};

/** The string types that the canonical form takes as text; a value of any other type stays as it is. */
const TEXT_FORMS: Readonly<Record<number, (octets: Uint8Array) => string>> = {
  [TAG.utf8String]: unicode,
  [TAG.printableString]: latin1,
  [TAG.teletexString]: latin1,
  [TAG.ia5String]: latin1,
  [TAG.visibleString]: latin1,
  [TAG.universalString]: wide(4),
  [TAG.bmpString]: wide(2),
};
