import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { sharedDir } from "./support/shared.ts";

/** The rules of `../shared/data/profile/invariants.json` that another program has to judge, and the suite in which it does. */
const BY_OTHERS: Readonly<Record<string, string>> = {
  "name-constraints": "system/ca-sets.test.ts",
  verifies: "system/agreement.test.ts",
  handshake: "system/erlang.test.ts",
  ledger: "worker/ledger/ledger-object.test.ts",
  "crl-profile": "pki/crl.test.ts",
  // zlint is not to be had here; openssl's strict mode and three more implementations stand in for it.
  "lint-zlint": "system/agreement.test.ts",
};

const files = (folder: string): string[] =>
  readdirSync(folder).flatMap((name) =>
    statSync(join(folder, name)).isDirectory() ? files(join(folder, name)) : [join(folder, name)],
  );

const ids =
  sharedDir === null
    ? []
    : (
        JSON.parse(readFileSync(join(sharedDir, "data/profile/invariants.json"), "utf8")) as {
          invariants: { id: string }[];
        }
      ).invariants.map(({ id }) => id);

describe.skipIf(sharedDir === null)("every invariant of the certificate profile", () => {
  const tests = files(join(import.meta.dirname, "pki")).map((file) => readFileSync(file, "utf8"));

  it.each(ids)("%s is held by a test that names it, or by another program's", (id) => {
    const suite = BY_OTHERS[id];
    if (suite !== undefined) expect(readFileSync(join(import.meta.dirname, suite), "utf8")).not.toBe("");
    else expect(tests.filter((text) => new RegExp(`["\\s]${id}[":,]`).test(text)).length).toBeGreaterThan(0);
  });
});
