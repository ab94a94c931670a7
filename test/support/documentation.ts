import { readFileSync } from "node:fs";

/** The one block of shell in a page that has these words: what the page tells a reader to type, so that a test types it too. */
export const shellBlock = (page: string, words: string): string => {
  const blocks = [...readFileSync(page, "utf8").matchAll(/^```sh\n(.*?)^```$/gms)]
    .map(([, script = ""]) => script)
    .filter((script) => script.includes(words));
  const [script] = blocks;
  if (script === undefined || blocks.length > 1)
    throw new Error(`${page} has ${String(blocks.length)} blocks with "${words}"`);
  return script;
};
