import { concatBytes, utf8 } from "../../bytes.ts";
import type { RenderedFile } from "../../render/renderer.ts";

/** POSIX.1-1988 ustar: a header of one block, the content padded to whole blocks, two empty blocks at the end. */
const BLOCK = 512;
/** The name field; a longer path travels in a GNU `L` entry before its file, which GNU, BSD and busybox tar all read. */
const MAX_NAME = 100;
const REGULAR = "0";
const LONG_NAME = "L";

/** An archive to unpack at `/`: paths without the leading slash, modes and owners set. `mtime` is epoch seconds. */
export const tarArchive = (files: readonly RenderedFile[], mtime: number): Uint8Array<ArrayBuffer> =>
  concatBytes(...files.flatMap((file) => entriesOf(file, mtime)), new Uint8Array(2 * BLOCK));

const entriesOf = (file: RenderedFile, mtime: number): Uint8Array[] => {
  const name = utf8(file.path.replace(/^\//, ""));
  const content = utf8(file.content);
  const longName =
    name.length > MAX_NAME
      ? [
          header(utf8("././@LongLink"), LONG_NAME, name.length + 1, file, 0),
          padded(concatBytes(name, new Uint8Array(1))),
        ]
      : [];
  return [
    ...longName,
    header(name.subarray(0, MAX_NAME), REGULAR, content.length, file, mtime),
    padded(content),
  ];
};

const header = (
  name: Uint8Array,
  type: string,
  size: number,
  file: RenderedFile,
  mtime: number,
): Uint8Array => {
  const block = new Uint8Array(BLOCK);
  const put = (at: number, field: Uint8Array | string): void =>
    block.set(typeof field === "string" ? utf8(field) : field, at);
  put(0, name);
  put(100, octal(Number.parseInt(file.mode, 8), 8));
  put(108, octal(0, 8));
  put(116, octal(0, 8));
  put(124, octal(size, 12));
  put(136, octal(mtime, 12));
  put(156, type);
  put(257, "ustar\u000000");
  put(265, file.owner);
  put(297, file.group);
  // The checksum is the sum of the header's bytes with its own field taken as blanks.
  put(148, "        ");
  put(
    148,
    `${block
      .reduce((sum, byte) => sum + byte, 0)
      .toString(8)
      .padStart(6, "0")}\u0000 `,
  );
  return block;
};

const octal = (value: number, width: number): string => `${value.toString(8).padStart(width - 1, "0")}\u0000`;

const padded = (content: Uint8Array): Uint8Array => {
  const blocks = new Uint8Array(Math.ceil(content.length / BLOCK) * BLOCK);
  blocks.set(content);
  return blocks;
};
