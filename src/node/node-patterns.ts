import { parseHost, type Host } from "./host.ts";
import { parseNodeName } from "./node-name.ts";
import { inBlock, parseAddressBlock, type AddressBlock } from "./address-block.ts";

/**
 * Which node names a cluster has, as data. A pattern is literal text; `<n>` in it stands for a decimal number without
 * leading zeros; a host may begin with `*.`, exactly one more label; addresses are given as a CIDR block. Nothing here
 * becomes a regular expression, and whole labels are compared: a suffix or a stray dot cannot match (N-2 of the threat model).
 */

const NUMBER = "<n>";

/** Literal runs and `<n>`, in order: `rabbit-<n>` is `["rabbit-", "<n>"]`. */
type Pieces = readonly string[];

/** What may stand left of `@`. */
export interface NamePattern {
  readonly text: string;
  readonly pieces: Pieces;
}

/** What may stand right of `@`. */
export type HostPattern =
  NamedHosts | { readonly kind: "ip"; readonly text: string; readonly block: AddressBlock };

interface NamedHosts {
  readonly kind: "name";
  readonly text: string;
  /** Whether one more label, any, stands before `labels`. */
  readonly anyFirst: boolean;
  readonly labels: readonly Pieces[];
}

/** `null` for what is no node's name left of `@`, whatever number `<n>` becomes. */
export const parseNamePattern = (text: string): NamePattern | null => {
  const pieces = parsePieces(text);
  return pieces !== null && parseNodeName(`${sample(pieces)}@host`).ok ? { text, pieces } : null;
};

/** `null` for what is no host, `*.zone` or address block: a bad label, a lone `*`, a `*` that is not the first label. */
export const parseHostPattern = (text: string): HostPattern | null => {
  const block = parseAddressBlock(text);
  if (block !== null) return { kind: "ip", text, block };
  const anyFirst = text.startsWith("*.");
  const labels = (anyFirst ? text.slice(2) : text).split(".").map(parsePieces);
  if (!labels.every((label) => label !== null)) return null;
  const host = parseHost((anyFirst ? ["a", ...labels.map(sample)] : labels.map(sample)).join("."));
  return host?.kind === "name" ? { kind: "name", text, anyFirst, labels } : null;
};

export const matchesName = (pattern: NamePattern, name: string): boolean =>
  matchesPieces(pattern.pieces, name);

export const matchesHost = (pattern: HostPattern, host: Host): boolean => {
  if (pattern.kind === "ip") return host.kind === "ip" && inBlock(pattern.block, host.octets);
  return (
    host.kind === "name" &&
    matchesLabels(pattern.labels, pattern.anyFirst ? host.labels.slice(1) : host.labels)
  );
};

/** Whether the pattern has every host that is one label below the zone. */
export const coversZone = (pattern: HostPattern, zone: readonly string[]): boolean =>
  pattern.kind === "name" && pattern.anyFirst && matchesLabels(pattern.labels, zone);

/** Whether its nodes have long names: a dot in the host, or an address. */
export const isLong = (pattern: HostPattern): boolean =>
  pattern.kind === "ip" || pattern.anyFirst || pattern.labels.length > 1;

/** Splits at `<n>`. A number beside a digit or another number has no single reading and is refused. */
const parsePieces = (text: string): Pieces | null => {
  const literals = text.split(NUMBER);
  const last = literals.length - 1;
  const unclear = literals.some(
    (literal, i) =>
      (i > 0 && beginsWithDigit(literal)) ||
      (i < last && beginsWithDigit(literal.slice(-1))) ||
      (i > 0 && i < last && literal === ""),
  );
  if (unclear) return null;
  return literals
    .flatMap((literal, i) => (i === 0 ? [literal] : [NUMBER, literal]))
    .filter((piece) => piece !== "");
};

/** A text that the pieces match, to see whether the pattern can be a name at all. */
const sample = (pieces: Pieces): string => pieces.map((piece) => (piece === NUMBER ? "0" : piece)).join("");

const matchesLabels = (patterns: readonly Pieces[], labels: readonly string[]): boolean =>
  patterns.length === labels.length && patterns.every((pieces, i) => matchesPieces(pieces, labels[i] ?? ""));

const matchesPieces = (pieces: Pieces, text: string): boolean => {
  let rest = text;
  for (const piece of pieces) {
    const length = piece === NUMBER ? numberLength(rest) : rest.startsWith(piece) ? piece.length : 0;
    if (length === 0) return false;
    rest = rest.slice(length);
  }
  return rest === "";
};

/** How many characters the number at the beginning has; 0 where there is none or it has a leading zero. */
const numberLength = (text: string): number => {
  let length = 0;
  while (beginsWithDigit(text.slice(length))) length++;
  return length > 1 && text.startsWith("0") ? 0 : length;
};

const beginsWithDigit = (text: string): boolean => text >= "0" && text < ":";
