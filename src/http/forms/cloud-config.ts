import type { RenderedFile } from "../../render/renderer.ts";

/**
 * A cloud-init document that writes the files. `defer` holds them back until packages are installed: before that the owners
 * do not exist, and cloud-init gives up on an unknown owner.
 */
export const cloudConfig = (files: readonly RenderedFile[]): string =>
  ["#cloud-config", "write_files:", ...files.flatMap(fileEntry), ""].join("\n");

const fileEntry = (file: RenderedFile): string[] => [
  `  - path: ${scalar(file.path)}`,
  `    owner: ${scalar(`${file.owner}:${file.group}`)}`,
  `    permissions: ${scalar(file.mode)}`,
  "    defer: true",
  ...(file.mergeComment === null ? [] : ["    append: true"]),
  `    content: ${textScalar(file.content)}`,
];

/** A JSON string is a YAML double-quoted scalar (YAML 1.2.2 §1.2). */
const scalar = (text: string): string => JSON.stringify(text);

/** A literal block, as people read and edit it, where one can hold the text; otherwise the quoted form. */
const textScalar = (text: string): string =>
  isBlockText(text)
    ? [
        "|",
        ...text
          .slice(0, -1)
          .split("\n")
          .map((line) => (line === "" ? "" : `      ${line}`)),
      ].join("\n")
    : scalar(text);

/** Printable ASCII lines, the first neither blank nor indented, exactly one newline at the end. */
const isBlockText = (text: string): boolean =>
  /^[!-~][ -~]*(?:\n[ -~]*)*\n$/.test(text) && !text.endsWith("\n\n");
