import { latin1 } from "../bytes.ts";
import { parseHost } from "../node/host.ts";
import { Fields, nonEmpty } from "./der/fields.ts";
import { decode, DerError, type Bytes, type DerElement } from "./der/reader.ts";
import { contextConstructed, TAG } from "./der/tags.ts";
import { GENERAL_NAME } from "./extensions.ts";
import type { GeneralName } from "./general-name.ts";
import type { IssuingCa } from "./issuing-ca.ts";

/** dNSName subtrees, lower case (RFC 5280 §4.2.1.10). */
export type NameConstraints = IssuingCa["nameConstraints"];

export const UNCONSTRAINED: NameConstraints = { permitted: null, excluded: [] };

/**
 * Reads a nameConstraints extension. Throws `DerError` on any kind of name but dNSName: on iPAddress every Erlang peer
 * dies with an internal error (`erlang.md` §0.7), and what is not understood must not be passed over.
 */
export const readNameConstraints = (value: Bytes): NameConstraints => {
  const fields = new Fields(decode(value), TAG.sequence);
  const permitted = fields.optional(contextConstructed(0));
  const excluded = fields.optional(contextConstructed(1));
  fields.end();
  if (permitted === null && excluded === null) throw new DerError("its name constraints are empty");
  return {
    permitted: permitted && subtrees(permitted),
    excluded: excluded === null ? [] : subtrees(excluded),
  };
};

/** What both of two certificates of a chain allow. */
export const intersect = (a: NameConstraints, b: NameConstraints): NameConstraints => ({
  permitted: a.permitted && b.permitted ? narrower(a.permitted, b.permitted) : (a.permitted ?? b.permitted),
  excluded: [...a.excluded, ...b.excluded],
});

/** Whether every dNSName keeps within the constraints. Addresses are not constrained: such CAs are refused at load. */
export const areWithin = (names: readonly GeneralName[], { permitted, excluded }: NameConstraints): boolean =>
  names
    .filter(({ type }) => type === "dns")
    .every(
      ({ value }) =>
        (permitted?.some((base) => isBelow(value, base)) ?? true) &&
        !excluded.some((base) => mayReach(value, base)),
    );

/** Whole labels to the left may be added to a base. One that starts with a dot, as OpenSSL and Go read it, needs one more. */
const isBelow = (name: string, base: string): boolean =>
  base === "" || name === base || name.endsWith(base.startsWith(".") ? base : `.${base}`);

/** A wildcard reaches an excluded name that is one of those it stands for. */
const mayReach = (name: string, base: string): boolean =>
  isBelow(name, base) || (name.startsWith("*.") && isBelow(base, name.slice(2)));

const narrower = (a: readonly string[], b: readonly string[]): readonly string[] =>
  a.flatMap((one) =>
    b.flatMap((other) => (isBelow(one, other) ? [one] : isBelow(other, one) ? [other] : [])),
  );

const subtrees = (list: DerElement): readonly string[] => nonEmpty(list, list.tag).map(readSubtree);

/** `minimum` is 0, which DER leaves out, and `maximum` absent (RFC 5280 §4.2.1.10). */
const readSubtree = (element: DerElement): string => {
  const fields = new Fields(element, TAG.sequence);
  const base = fields.any();
  fields.end();
  if (base.tag === GENERAL_NAME.ip)
    throw new DerError("it has an iPAddress name constraint, on which Erlang peers fail");
  if (base.tag !== GENERAL_NAME.dns)
    throw new DerError("it has a name constraint of a kind other than dNSName");
  // A host name has at most 253 octets; more are cut here and fail to parse below.
  const text = latin1(base.content.subarray(0, 256)).toLowerCase();
  const host = text.startsWith(".") ? text.slice(1) : text;
  if (text !== "" && parseHost(host)?.kind !== "name")
    throw new DerError("it has a dNSName constraint that is no host name");
  return text;
};
