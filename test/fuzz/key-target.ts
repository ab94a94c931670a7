import { createPublicKey, type KeyObject } from "node:crypto";
import * as fc from "fast-check";
import { concatBytes, equalBytes } from "../../src/bytes.ts";
import type { Bytes } from "../../src/pki/der/reader.ts";
import { bitString, sequence } from "../../src/pki/der/writer.ts";
import { acceptPublicKey } from "../../src/pki/key-policy.ts";
import { encodeNodes, parseNodes } from "./der-tree.ts";
import { inBytes, inStructure, type Seed } from "./mutations.ts";
import { makeEcKey, makeEd25519Key, makeRsaKey, spkiOf } from "./signing-key.ts";
import type { FuzzCase, Outcome, Target } from "./target.ts";

/** Public keys, and points on and beside the curves. OpenSSL imports whatever is accepted, and no point that is refused. */
export const keyTarget = (): Target => {
  const keys = [...CURVES.map(({ name }) => makeEcKey(name)), makeEd25519Key(), makeRsaKey()];
  const seeds = keys.map(spkiOf).map((body, n): Seed => ({ id: `key-${n}`, body, nodes: parseNodes(body) }));
  const changed = fc
    .oneof(inStructure(seeds), inBytes(seeds))
    .map(({ seed, body, operators }): FuzzCase => ({ body, operators, seed: seed.id }));
  const onCurves = seeds.slice(0, CURVES.length);
  return {
    cases: fc.oneof(changed, points(onCurves)),
    judge: ({ body }) => Promise.resolve(judge(body)),
    reach: ["accepted", "malformed-csr", "key-type-not-allowed", "weak-key"],
  };
};

interface Curve {
  readonly name: "P-256" | "P-384" | "P-521";
  readonly octets: number;
  readonly p: bigint;
}

const CURVES: readonly Curve[] = [
  { name: "P-256", octets: 32, p: 2n ** 256n - 2n ** 224n + 2n ** 192n + 2n ** 96n - 1n },
  { name: "P-384", octets: 48, p: 2n ** 384n - 2n ** 128n - 2n ** 96n + 2n ** 32n - 1n },
  { name: "P-521", octets: 66, p: 2n ** 521n - 1n },
];

/** What becomes of a coordinate; the other root of y is on the curve, everything else is not. */
const COORDINATES = {
  "as-it-is": (own) => own,
  negated: (own, p) => p - own,
  reducible: (own, p) => own + p,
  zero: () => 0n,
  one: () => 1n,
  "p-less-one": (_, p) => p - 1n,
  p: (_, p) => p,
  plus: (own) => own + 1n,
} satisfies Record<string, (own: bigint, p: bigint) => bigint>;

const coordinate = fc.constantFrom(...(Object.keys(COORDINATES) as (keyof typeof COORDINATES)[]));

const points = (seeds: readonly Seed[]): fc.Arbitrary<FuzzCase> =>
  fc
    .record({
      n: fc.nat(CURVES.length - 1),
      form: fc.constantFrom(0x04, 0x04, 0x04, 0x00, 0x02, 0x03, 0x06, 0x07),
      x: coordinate,
      y: coordinate,
    })
    .map(({ n, form, x, y }) => ({
      body: withPoint(seeds[n], CURVES[n], form, [COORDINATES[x], COORDINATES[y]]),
      operators: [`x-${x}`, `y-${y}`],
      seed: seeds[n]?.id ?? "",
    }));

type Change = (own: bigint, p: bigint) => bigint;

const withPoint = (
  seed: Seed | undefined,
  curve: Curve | undefined,
  form: number,
  changes: readonly [Change, Change],
): Bytes => {
  const [algorithm] = seed?.nodes?.[0]?.children ?? [];
  if (seed === undefined || curve === undefined || algorithm === undefined) throw new Error("no such curve");
  const { octets, p } = curve;
  const own = Buffer.from(seed.body.subarray(-2 * octets));
  const [x, y] = changes.map((change, i) => {
    const value = change(BigInt(`0x${own.toString("hex", i * octets, (i + 1) * octets)}`), p);
    return BigInt.asUintN(8 * octets, value)
      .toString(16)
      .padStart(2 * octets, "0");
  });
  const point = Uint8Array.from(Buffer.from(`${x ?? ""}${y ?? ""}`, "hex"));
  return sequence(encodeNodes([algorithm]), bitString(concatBytes(Uint8Array.of(form), point)));
};

const judge = (spki: Bytes): Outcome => {
  const accepted = acceptPublicKey(spki);
  const theirs = importByOpenssl(spki);
  if (accepted.ok) {
    const again = theirs?.export({ type: "spki", format: "der" });
    if (again === undefined || !equalBytes(again, spki))
      throw new Error("accepted, and OpenSSL does not import it as it is");
    return { code: "accepted", sentence: accepted.value.type };
  }
  const { code, detail } = accepted.error;
  if (detail.includes("on its curve") && theirs !== null && isUncompressed(theirs, spki))
    throw new Error("refused as a point beside its curve, and OpenSSL has it on the curve");
  return { code, sentence: detail };
};

/** OpenSSL takes compressed and hybrid points as well; those are refused for their form. */
const isUncompressed = (key: KeyObject, spki: Bytes): boolean => {
  const { x = "", y = "" } = key.export({ format: "jwk" });
  const point = Buffer.concat([Buffer.of(0x04), Buffer.from(x, "base64url"), Buffer.from(y, "base64url")]);
  return equalBytes(spki.subarray(-point.length), point);
};

const importByOpenssl = (spki: Bytes): KeyObject | null => {
  try {
    return createPublicKey({ key: Buffer.from(spki), format: "der", type: "spki" });
  } catch {
    return null;
  }
};
