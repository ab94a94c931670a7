import { concatBytes } from "../../src/bytes.ts";
import type { Bytes } from "../../src/pki/der/reader.ts";
import type { Change } from "./change.ts";

/** Octets at which readers turn: ends of contents, long lengths, sign bits, constructed tags. */
const EDGES = [0x00, 0x01, 0x30, 0x31, 0x7f, 0x80, 0x81, 0x82, 0x84, 0xa0, 0xff] as const;

type Edit = (bytes: Bytes, where: number, change: Change<string>) => Bytes;

/** What becomes of octets without any thought for what they mean. */
export const BYTE_OPERATORS = {
  "flip-bit": (bytes, where, { octet }) => set(bytes, where, (bytes[where] ?? 0) ^ (1 << (octet & 7))),
  "set-octet": (bytes, where, { octet }) => set(bytes, where, octet),
  "set-edge": (bytes, where, { octet }) => set(bytes, where, EDGES[octet % EDGES.length] ?? 0),
  "insert-octet": (bytes, where, { octet }) => splice(bytes, where, 0, Uint8Array.of(octet)),
  "delete-octets": (bytes, where, { octet }) => splice(bytes, where, 1 + (octet % 16)),
  truncate: (bytes, where) => bytes.subarray(0, where),
  "repeat-octets": (bytes, where, { octet, pick }) =>
    splice(bytes, where, 0, repeat(bytes.subarray(where, where + 1 + (octet % 64)), 1 + (pick % 64))),
  "copy-octets": (bytes, where, { octet, pick }) => {
    const from = pick % Math.max(bytes.length, 1);
    return splice(bytes, where, octet % 32, bytes.subarray(from, from + (octet % 64)));
  },
  "trailing-octets": (bytes, _, { octet, pick }) =>
    concatBytes(bytes, new Uint8Array(1 + (pick % 40)).fill(octet)),
} satisfies Record<string, Edit>;

export type ByteOperator = keyof typeof BYTE_OPERATORS;

export const BYTE_OPERATOR_NAMES = Object.keys(BYTE_OPERATORS) as readonly ByteOperator[];

export const mutateBytes = (bytes: Bytes, change: Change<ByteOperator>): Bytes => {
  const edit: Edit = BYTE_OPERATORS[change.operator];
  return edit(bytes, change.at % Math.max(bytes.length, 1), change);
};

const splice = (bytes: Bytes, where: number, cut: number, ...more: readonly Bytes[]): Bytes =>
  concatBytes(bytes.subarray(0, where), ...more, bytes.subarray(where + cut));

const set = (bytes: Bytes, where: number, octet: number): Bytes =>
  splice(bytes, where, 1, Uint8Array.of(octet));

const repeat = (bytes: Bytes, times: number): Bytes => concatBytes(...Array<Bytes>(times).fill(bytes));
