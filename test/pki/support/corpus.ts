import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe } from "vitest";
import * as z from "zod";
import type { CsrExpectation } from "../../../src/pki/csr.ts";
import type { GeneralName } from "../../../src/pki/general-name.ts";
import { sharedDir } from "../../support/shared.ts";

/** The shared test data, parsed. `../shared/data/README.md` says what its verdicts mean. */

const csrEntry = z.object({
  id: z.string(),
  file: z.string(),
  format: z.enum(["pem", "der", "b64", "txt", "bin"]),
  identity: z.string(),
  expected: z.enum(["accept", "reject"]),
  strength: z.enum(["must", "ignore-ok", "either"]),
  reason: z.string(),
  max_ms: z.number(),
  spki_sha256: z.string().optional(),
  needs: z.literal("blocklist").optional(),
});
export type CsrEntry = z.infer<typeof csrEntry>;

const caSet = z.object({
  id: z.string(),
  what: z.string(),
  expected: z.string(),
  reason: z.string(),
  subject_der_sha256: z.string().optional(),
});
export type CaSet = z.infer<typeof caSet>;

const identity = z.object({
  id: z.string(),
  node: z.string(),
  dns: z.array(z.string()),
  ip: z.array(z.string()),
});

const DATA = `${sharedDir ?? "/nonexistent"}/data`;

/** The `describe` for suites over the shared data. */
export const describeCorpus = sharedDir === null ? describe.skip : describe;
if (sharedDir === null) console.warn("skipped: the shared test data is not beside the repository");

const readIndex = <T>(path: string, schema: z.ZodType<T>, none: T): T =>
  sharedDir === null ? none : schema.parse(JSON.parse(readFileSync(join(DATA, path), "utf8")));

export const csrEntries: readonly CsrEntry[] = readIndex(
  "csr/index.json",
  z.object({ files: z.array(csrEntry) }),
  { files: [] },
).files;

export const caSets: readonly CaSet[] = readIndex("ca/index.json", z.object({ sets: z.array(caSet) }), {
  sets: [],
}).sets;

const identities = readIndex("identities.json", z.object({ identities: z.array(identity) }), {
  identities: [],
}).identities;

export const readCsrFile = ({ file }: CsrEntry): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(readFileSync(join(DATA, "csr", file)));

export const readCaFile = (set: string, file: string): string =>
  readFileSync(join(DATA, "ca", set, file), "utf8");

export const rootPem = (): string => readFileSync(join(DATA, "ca", "root.pem"), "utf8");

/** What the identity that sends a CSR may have, under the policy of the corpus (P1, without P-521 and Ed25519). */
export const expectationFor = (entry: CsrEntry): CsrExpectation => {
  const sender = identities.find(({ id }) => id === entry.identity);
  if (sender === undefined) throw new Error(`no identity ${entry.identity}`);
  return {
    host: sender.node.slice(sender.node.indexOf("@") + 1),
    names: [
      ...sender.dns.map((value): GeneralName => ({ type: "dns", value })),
      ...sender.ip.map((value): GeneralName => ({ type: "ip", value })),
    ],
    keys: new Set(["ec-p256", "ec-p384", "rsa-2048", "rsa-3072", "rsa-4096"]),
    blockedKeys: new Set(
      entry.needs === "blocklist" && entry.spki_sha256 !== undefined ? [entry.spki_sha256] : [],
    ),
    caSpkiSha256: "00",
  };
};
