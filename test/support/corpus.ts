import { readFileSync } from "node:fs";
import { join } from "node:path";
import { sharedDir } from "./shared.ts";

/** One certification request of `../shared/data/csr` with its verdict under policy P1 (its README). */
export interface CorpusEntry {
  readonly id: string;
  readonly file: string;
  readonly format: "pem" | "der" | "b64" | "txt" | "bin";
  readonly identity: string;
  readonly expected: "accept" | "reject";
  readonly strength: "must" | "ignore-ok" | "either";
  readonly reason: string;
  readonly max_ms: number;
  readonly what: string;
  readonly needs?: "blocklist";
  readonly spki_sha256?: string;
  readonly canary?: string;
  readonly canary_kind?: "private-key";
}

export interface Identity {
  readonly id: string;
  readonly cluster: string;
  readonly node: string;
  readonly dns: readonly string[];
  readonly ip: readonly string[];
}

const readShared = (path: string): Buffer => readFileSync(join(sharedDir ?? "", "data", path));

export const readCorpus = (): readonly CorpusEntry[] =>
  sharedDir === null
    ? []
    : (JSON.parse(readShared("csr/index.json").toString()) as { files: CorpusEntry[] }).files;

export const readIdentities = (): readonly Identity[] =>
  sharedDir === null
    ? []
    : (JSON.parse(readShared("identities.json").toString()) as { identities: Identity[] }).identities;

export const corpusBody = (entry: Pick<CorpusEntry, "file">): Buffer<ArrayBuffer> =>
  Buffer.from(readShared(`csr/${entry.file}`));
