import { sha256Hex } from "../../bytes.ts";
import type { FileAttributes, RenderedFile, Rendering } from "../../render/renderer.ts";
import type { Content } from "./content.ts";

/**
 * The reply for a shell that has no JSON parser, `infra/agent/interlock.sh` first of all. A line is a keyword and its values;
 * a line that begins with a blank is a line of the file named above it. The last line is `end`: what lacks it was cut short.
 *
 * - `key`, `combined` PATH MODE OWNER GROUP: files that only the node can make;
 * - `certificate`, `ca`, `crl`, `own`, `shared` PATH MODE OWNER GROUP SHA256, then the content: `shared` ones are merged, not replaced.
 *
 * A file comes before those that name it, so a node that stopped between two of them still has a working set.
 */
export const manifest = async ({ facts, files, rendering, apply, warnings }: Content): Promise<string> => {
  const { privateKey, combined } = rendering;
  const written = await Promise.all(files.map((file) => fileLines(file, rendering)));
  return [
    "interlock-manifest 1",
    ...Object.entries(facts).map(([name, value]) => `${name} ${value}`),
    `key ${attributes(privateKey)}`,
    ...(combined === null ? [] : [`combined ${attributes(combined)}`]),
    ...written.flat(),
    `effect ${apply.effect}`,
    `configuration ${apply.configuration}`,
    ...apply.restart.map((command) => `command ${command}`),
    ...warnings.map(({ code, detail }) => `warning ${code}: ${detail}`),
    "end",
    "",
  ].join("\n");
};

const fileLines = async (file: RenderedFile, rendering: Rendering): Promise<readonly string[]> => {
  if (!file.content.endsWith("\n")) throw new Error("a file of a manifest ends with a newline");
  return [
    `${kindOf(file, rendering)} ${attributes(file)} ${await sha256Hex(file.content)}`,
    ...file.content
      .slice(0, -1)
      .split("\n")
      .map((line) => ` ${line}`),
  ];
};

const kindOf = (
  { path, mergeComment }: RenderedFile,
  { certificate, caBundle, crlFolder }: Rendering,
): string => {
  if (path === certificate.path) return "certificate";
  if (path === caBundle.path) return "ca";
  if (crlFolder !== null && path.startsWith(`${crlFolder.path}/`)) return "crl";
  return mergeComment === null ? "own" : "shared";
};

const attributes = ({ path, mode, owner, group }: FileAttributes): string =>
  `${path} ${mode} ${owner} ${group}`;
