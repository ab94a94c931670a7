import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { clustersWith, definitionWith } from "./policy/cluster.ts";
import { makeKey } from "./support/issuer.ts";

const DOC = readFileSync(join(import.meta.dirname, "../docs/evidence.md"), "utf8");

/** What the page leaves out, filled in: a key set, an issuer's name. Certificates are shown by the tests of their kinds. */
const whole = (example: string): string =>
  example
    .replace('{ "keys": [ … ] }', JSON.stringify({ keys: [makeKey("RS256", "k").jwk] }))
    .replace("https://….tokens", "https://x.tokens");

const examples = [...DOC.matchAll(/```json\n([^`]+)```/g)]
  .map(([, text = ""]) => whole(text))
  .filter((text) => !text.includes("BEGIN CERTIFICATE"));

describe("docs/evidence.md", () => {
  it.each(examples)("shows an entry that a definition takes: %.60s", (example) => {
    const clusters = clustersWith(definitionWith({ bootstrap: [JSON.parse(example)] }));
    expect(clusters.ok ? [] : clusters.error).toEqual([]);
  });
  it("shows one of each preset", () => {
    const text = examples.join();
    for (const preset of ["google", "kubernetes", "aws-outbound", "github"])
      expect(text).toContain(`"${preset}"`);
  });
});
