import { parseHost, type Host } from "../node/host.ts";
import { parseNodeName } from "../node/node-name.ts";

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
  | {
      readonly kind: "name";
      readonly text: string;
      /** Whether one more label, any, stands before `labels`. */
      readonly anyFirst: boolean;
      readonly labels: readonly Pieces[];
    }
  | { readonly kind: "ip"; readonly text: string; readonly network: Uint8Array; readonly prefix: number };

/** A block wider than this is not a cluster's network but most of an address family. */
const MIN_PREFIX = 8;
const PREFIX = /^[1-9][0-9]{0,2}$/;

/** `null` for what is no node's name left of `@`, whatever number `<n>` becomes. */
export const parseNamePattern = (text: string): NamePattern | null => {
  const pieces = parsePieces(text);
  return pieces !== null && parseNodeName(`${sample(pieces)}@host`).ok ? { text, pieces } : null;
};

/** `null` for what is no host pattern: a bad label, a lone `*`, an address block with host bits or wider than a /8. */
export const parseHostPattern = (text: string): HostPattern | null => {
  const anyFirst = text.startsWith("*.");
  const labels = (anyFirst ? text.slice(2) : text).split(".").map(parsePieces);
  if (!labels.every((label) => label !== null)) return null;
  const host = parseHost((anyFirst ? ["a", ...labels.map(sample)] : labels.map(sample)).join("."));
  if (host?.kind === "name") return { kind: "name", text, anyFirst, labels };
  return parseBlock(text);
};

export const matchesName = (pattern: NamePattern, name: string): boolean =>
  matchesPieces(pattern.pieces, name);

export const matchesHost = (pattern: HostPattern, host: Host): boolean => {
  if (pattern.kind === "ip") return host.kind === "ip" && inBlock(pattern, host.octets);
  return host.kind === "name" && matchesLabels(pattern, host.labels);
};

/** Whether the host pattern has every host of `*.zone`. */
export const coversZone = (pattern: HostPattern, zone: readonly string[]): boolean =>
  pattern.kind === "name" && pattern.anyFirst && labelsEqual(pattern.labels, zone);

/** Whether its nodes have long names: a dot in the host, or an address. */
export const isLong = (pattern: HostPattern): boolean =>
  pattern.kind === "ip" || pattern.labels.length + (pattern.anyFirst ? 1 : 0) > 1;

const matchesLabels = (pattern: HostPattern & { kind: "name" }, labels: readonly string[]): boolean =>
  labelsEqual(pattern.labels, pattern.anyFirst ? labels.slice(1) : labels);

const labelsEqual = (patterns: readonly Pieces[], labels: readonly string[]): boolean =>
  patterns.length === labels.length && patterns.every((pieces, i) => matchesPieces(pieces, labels[i] ?? ""));

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

/** `10.20.0.0/16`, `fd00:20::/32`, or one address. */
const parseBlock = (text: string): HostPattern | null => {
  const [address = "", length, ...more] = text.split("/");
  const host = parseHost(address);
  if (host?.kind !== "ip" || more.length > 0 || (length !== undefined && !PREFIX.test(length))) return null;
  const bits = host.octets.length * 8;
  const prefix = length === undefined ? bits : Number(length);
  if (prefix < MIN_PREFIX || prefix > bits || hasHostBits(host.octets, prefix)) return null;
  return { kind: "ip", text, network: host.octets, prefix };
};

const hasHostBits = (network: Uint8Array, prefix: number): boolean =>
  network.some((octet, i) => (octet & ~maskOctet(prefix, i)) !== 0);

const inBlock = (block: HostPattern & { kind: "ip" }, octets: Uint8Array): boolean =>
  octets.length === block.network.length &&
  octets.every((octet, i) => (octet & maskOctet(block.prefix, i)) === block.network[i]);

/** Octet `index` of the netmask of a prefix length. */
const maskOctet = (prefix: number, index: number): number => {
  const bits = Math.min(Math.max(prefix - 8 * index, 0), 8);
  return (0xff << (8 - bits)) & 0xff;
};
