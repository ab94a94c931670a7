import "reflect-metadata";
import { Pkcs10CertificateRequest } from "@peculiar/x509";
import { describe, expect, inject, it } from "vitest";
import { fromBase64 } from "../../../src/bytes.ts";
import { readCsr } from "../../../src/pki/csr-envelope.ts";
import { verifyCsr } from "../../../src/pki/csr.ts";
import type { ProvidedEntry } from "../../support/provide-corpus.ts";

const corpus = inject("corpus");
const identities = new Map(inject("identities").map((identity) => [identity.id, identity]));

const bytesOf = ({ body }: ProvidedEntry): Uint8Array<ArrayBuffer> => fromBase64(body) ?? new Uint8Array();

/** What most services do with a request: parse it, ask whether its signature holds. */
const passesBareLibrary = async (entry: ProvidedEntry): Promise<boolean> => {
  try {
    const bytes = bytesOf(entry);
    const text = new TextDecoder().decode(bytes);
    return await new Pkcs10CertificateRequest(entry.format === "der" ? bytes : text).verify();
  } catch {
    return false;
  }
};

const passesUs = async (entry: ProvidedEntry): Promise<boolean> => {
  const identity = identities.get(entry.identity);
  const csr = readCsr(bytesOf(entry));
  if (!csr.ok || identity === undefined) return false;
  const verdict = await verifyCsr(csr.value, {
    host: identity.dns[0] ?? "",
    names: [
      ...identity.dns.map((value) => ({ type: "dns", value }) as const),
      ...identity.ip.map((value) => ({ type: "ip", value }) as const),
    ],
    keys: new Set(["ec-p256", "ec-p384", "rsa-2048", "rsa-3072", "rsa-4096"]),
    blockedKeys: new Set(
      entry.needs === "blocklist" && entry.spki_sha256 !== undefined ? [entry.spki_sha256] : [],
    ),
    caSpkiSha256: "",
  });
  return verdict.ok;
};

/** Classes of the corpus' `reason`, as docs/certificate-profile.md names them. */
const CLASSES: readonly (readonly [name: string, match: RegExp])[] = [
  ["names in CN, SAN and subject", /^(?:san|cn|name)\./],
  ["extensions and attributes", /^(?:ext|attr)\./],
  ["keys", /^key\./],
  ["signatures", /^sig\./],
  ["encoding (BER, trailing bytes, versions)", /^der\./],
  ["PEM and envelope", /^(?:pem|form)\./],
  ["size, depth and count", /^dos\./],
];

/** The rows of the page's table, below its head. */
const tableOf = (page: string): readonly string[] => {
  const lines = page.split("\n");
  const head = lines.findIndex((line) => line.startsWith("| Class | requests |"));
  return lines.slice(head + 2, lines.indexOf("", head));
};

describe.skipIf(corpus.length === 0)("the corpus, inside workerd", () => {
  it("passes the bare library as the table of the docs says, and passes us by no must", async () => {
    const hostile = corpus.filter(({ expected }) => expected === "reject");
    const rows: string[] = [];
    let totals = [0, 0, 0, 0];
    for (const [name, match] of CLASSES) {
      const entries = hostile.filter(({ reason }) => match.test(reason));
      const bare: ProvidedEntry[] = [];
      const us: ProvidedEntry[] = [];
      for (const entry of entries) {
        if (await passesBareLibrary(entry)) bare.push(entry);
        if (await passesUs(entry)) us.push(entry);
      }
      const musts = bare.filter(({ strength }) => strength === "must").length;
      expect(us.filter(({ strength }) => strength !== "either").map(({ id }) => id)).toEqual([]);
      rows.push(
        `| ${name} | ${String(entries.length)} | ${String(bare.length)} (${String(musts)}) | ${String(us.length)} |`,
      );
      totals = [entries.length, bare.length, musts, us.length].map((count, i) => count + (totals[i] ?? 0));
    }
    const [all, bareAll, mustAll, usAll] = totals.map(String);
    rows.push(`| **all** | ${all ?? ""} | **${bareAll ?? ""}** (${mustAll ?? ""}) | **${usAll ?? ""}** |`);
    expect(hostile.length).toBe(totals[0]);
    expect(tableOf(inject("profilePage"))).toEqual(rows);
  }, 60_000);
});
