import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { describe, expect, it } from "vitest";
import type { Rendering } from "../../src/render/renderer.ts";
import { CASES, nodeOf, type Case } from "./cases.ts";
import { rendered } from "./requests.ts";

/**
 * Whole rendered trees, reviewed by eye. `UPDATE_GOLDEN=1` writes them anew; look at the difference before you commit it.
 */
const GOLDEN = join(import.meta.dirname, "../fixtures/golden");
const UPDATE = process.env["UPDATE_GOLDEN"] === "1";

/** The tree of one rendering: each file at its path, and everything else about it in `manifest.json`. */
const treeOf = (
  { product, settings, portOffset, wildcard, cookie, ...test }: Case,
  rendering: Rendering,
): ReadonlyMap<string, string> => {
  const { files, ...rest } = rendering;
  const request = { node: nodeOf({ product, ...test }), settings, portOffset, wildcard, cookie };
  const attributes = files.map(({ path, mode, owner, group, mergeComment }) => ({
    path,
    mode,
    owner,
    group,
    mergeComment,
  }));
  return new Map([
    ["manifest.json", `${JSON.stringify({ product, request, files: attributes, ...rest }, null, 2)}\n`],
    ...files.map(({ path, content }): [string, string] => [path.replace(/^\/|:/, ""), content]),
  ]);
};

const readTree = (folder: string): ReadonlyMap<string, string> =>
  new Map(filesBelow(folder).map((path) => [relative(folder, path), readFileSync(path, "utf8")]));

const filesBelow = (folder: string): string[] =>
  readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    return statSync(path).isDirectory() ? filesBelow(path) : [path];
  });

const writeTree = (folder: string, tree: ReadonlyMap<string, string>): void => {
  rmSync(folder, { recursive: true, force: true });
  for (const [path, content] of tree) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
};

describe("golden trees", () => {
  it.each(CASES)("$name", (test) => {
    const tree = treeOf(test, rendered(test.product, test));
    const folder = join(GOLDEN, test.name);
    if (UPDATE) writeTree(folder, tree);
    expect(Object.fromEntries(tree)).toEqual(Object.fromEntries(readTree(folder)));
  });

  it("are those of the cases and no others", () => {
    expect(readdirSync(GOLDEN).toSorted()).toEqual(CASES.map(({ name }) => name).toSorted());
  });
});
