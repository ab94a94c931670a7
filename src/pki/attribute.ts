import { Fields, setOf } from "./der/fields.ts";
import type { DerElement } from "./der/reader.ts";
import { TAG } from "./der/tags.ts";
import { oid } from "./der/values.ts";

/** An Attribute of a certification request (RFC 2986 §4.1) or of a signer (RFC 5652 §5.3). */
export interface Attribute {
  /** Dotted. */
  readonly type: string;
  readonly values: readonly DerElement[];
}

/** Throws `DerError`. How many values there may be, each type says. */
export const readAttribute = (element: DerElement): Attribute => {
  const fields = new Fields(element, TAG.sequence);
  const attribute = { type: oid(fields.any()), values: setOf(fields.any(), TAG.set) };
  fields.end();
  return attribute;
};
