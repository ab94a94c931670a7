import { utf8 } from "../bytes.ts";
import type { Bytes } from "./der/reader.ts";
import { explicit, implicit, sequence } from "./der/writer.ts";

const DNS_NAME = 2;

/**
 * The value of a nameConstraints extension that permits these dNSName subtrees and no other dNSName (RFC 5280 §4.2.1.10). What
 * `readNameConstraints` reads back. The library of the ceremony has no such extension.
 */
export const encodePermittedNames = (bases: readonly string[]): Bytes =>
  sequence(explicit(0, ...bases.map((base) => sequence(implicit(DNS_NAME, utf8(base))))));
