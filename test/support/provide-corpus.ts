import { readFileSync } from "node:fs";
import type { TestProject } from "vitest/node";
import { corpusBody, readCorpus, readIdentities, type CorpusEntry, type Identity } from "./corpus.ts";

/** What tests inside workerd, which have no file system, get of the corpus. */
export interface ProvidedEntry extends CorpusEntry {
  readonly body: string;
}

declare module "vitest" {
  interface ProvidedContext {
    readonly corpus: readonly ProvidedEntry[];
    readonly identities: readonly Identity[];
    readonly profilePage: string;
  }
}

/** Vitest's global setup of the worker project. Bodies are base64. */
export const setup = ({ provide }: TestProject): void => {
  provide(
    "corpus",
    readCorpus().map((entry) => Object.assign({ body: corpusBody(entry).toString("base64") }, entry)),
  );
  provide("identities", readIdentities());
  provide("profilePage", readFileSync("docs/certificate-profile.md", "utf8"));
};
