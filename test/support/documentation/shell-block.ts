import { stepsOf, type Step } from "./console.ts";
import { readPage } from "./pages.ts";

/** The one block of a page that has these words, as a script: what the page tells a reader to type, so that a test types it elsewhere too. */
export const shellBlock = (page: string, words: string): string => {
  const text = readPage(page);
  const scripts = [...text.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, script = ""]) => script);
  const blocks = [...scripts, ...typedBlocks(stepsOf(text))].filter((script) => script.includes(words));
  const [script] = blocks;
  if (script === undefined || blocks.length > 1)
    throw new Error(`${page} has ${String(blocks.length)} blocks with "${words}"`);
  return script;
};

const typedBlocks = (steps: readonly Step[]): readonly string[] =>
  steps.flatMap((step, at) => {
    if (!step.opens) return [];
    const next = steps.findIndex(({ opens }, index) => opens && index > at);
    const block = steps.slice(at, next < 0 ? steps.length : next);
    return [block.map(({ command }) => `${command}\n`).join("")];
  });
