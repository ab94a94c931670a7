import type { RenderedFile } from "../renderer.ts";

/** A file of the machine rather than of the product: root's, for everybody to read, and nobody else writes into it. */
export const ROOT_FILE = {
  mode: "0644",
  owner: "root",
  group: "root",
  mergeComment: null,
} as const satisfies Partial<RenderedFile>;
