import { readdirSync } from "node:fs";

/** What of a built bundle is text beside the code: the node agent, under a name with its digest. */
export const textModulesIn = (bundleDirectory: string): readonly string[] =>
  readdirSync(bundleDirectory).filter((name) => name.endsWith(".sh"));
