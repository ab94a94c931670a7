import { fromBase64, toBase64 } from "../bytes.ts";
import { err, ok, type Result } from "../result.ts";
import type { Bytes } from "./der/reader.ts";

/** One encapsulated object (RFC 7468). */
export interface PemBlock {
  readonly label: string;
  readonly der: Bytes;
}

/** What a text is instead of well-formed PEM: a clause of our own words. */
export type PemDefect = string;

const BEGIN = "-----BEGIN ";
const DASHES = "-----";
const LINE_LENGTH = 64;

/**
 * Every block of a text, strictly: BEGIN and END at line starts and of one label, canonical base64 between them, line ends
 * LF or CRLF, spaces only before a line end. `before` says whether text may stand before the first block.
 * One pass of `indexOf`: the time is linear in the length of the text, whatever it holds.
 */
export const readPem = (text: string, before: "text" | "blank"): Result<readonly PemBlock[], PemDefect> => {
  const blocks: PemBlock[] = [];
  for (let at = 0; ;) {
    const begin = text.indexOf(BEGIN, at);
    const between = text.slice(at, begin === -1 ? undefined : begin);
    if (!isBlank(between) && !(before === "text" && at === 0 && isForeword(between)))
      return err(strayText(at));
    if (begin === -1) return ok(blocks);
    const block = readBlock(text, begin);
    if (!block.ok) return block;
    blocks.push(block.value.block);
    at = block.value.end;
  }
};

/** Labels of all BEGIN lines, for a look at what a text might be; decides nothing. */
export const pemLabels = (text: string): readonly string[] =>
  text
    .split("\n")
    .filter((line) => line.startsWith(BEGIN))
    .map((line) => line.slice(BEGIN.length, line.indexOf(DASHES, BEGIN.length)));

/** 64 columns, ending with exactly one newline (RFC 7468 §2). */
export const writePem = (label: string, der: Uint8Array): string => {
  const base64 = toBase64(der);
  let lines = "";
  for (let at = 0; at < base64.length; at += LINE_LENGTH) lines += `${base64.slice(at, at + LINE_LENGTH)}\n`;
  return `${BEGIN}${label}-----\n${lines}-----END ${label}-----\n`;
};

/** The first block of a chain that we wrote: the leaf's. */
export const leafOf = (chain: string): string => {
  const end = chain.indexOf(END_CERTIFICATE);
  return end === -1 ? "" : chain.slice(0, end + END_CERTIFICATE.length);
};

const END_CERTIFICATE = "-----END CERTIFICATE-----\n";

/** Base64 over any number of lines, or `null`. */
export const joinBase64 = (text: string): Bytes | null =>
  fromBase64(text.split("\n").map(withoutLineEnd).join(""));

const readBlock = (
  text: string,
  begin: number,
): Result<{ readonly block: PemBlock; readonly end: number }, PemDefect> => {
  const labelEnd = text.indexOf(DASHES, begin + BEGIN.length);
  const label = text.slice(begin + BEGIN.length, labelEnd);
  if (labelEnd === -1 || label.includes("\n")) return err("the BEGIN line is not complete");
  const endLine = `${DASHES}END ${label}${DASHES}`;
  const bodyStart = labelEnd + DASHES.length;
  const bodyEnd = text.indexOf(DASHES, bodyStart);
  if (bodyEnd === -1) return err("there is no END line");
  if (!text.startsWith(endLine, bodyEnd)) return err("the END line does not match the BEGIN line");
  const body = text.slice(bodyStart, bodyEnd);
  const end = bodyEnd + endLine.length;
  if (
    !startsLine(text, begin) ||
    !endsLine(text, bodyStart) ||
    !startsLine(text, bodyEnd) ||
    !endsLine(text, end)
  ) {
    return err(
      "a BEGIN or END line holds something else: lines were lost if curl was given -d instead of --data-binary",
    );
  }
  const der = joinBase64(body);
  return der === null || der.length === 0
    ? err("what stands between BEGIN and END is not plain base64")
    : ok({ block: { label, der }, end });
};

/** Spaces, tabs and the CR of a CRLF at the end of a line mean nothing (RFC 7468 §2). */
const withoutLineEnd = (line: string): string => {
  let end = line.length;
  while (end > 0 && isPadding(line.charCodeAt(end - 1))) end--;
  return line.slice(0, end);
};

const isPadding = (code: number): boolean => code === 0x20 || code === 0x09 || code === 0x0d;

const isBlank = (text: string): boolean => text.split("\n").every((line) => withoutLineEnd(line) === "");

/** certtool and certutil explain a request before its block. An END without its BEGIN is no explanation. */
const isForeword = (text: string): boolean => text.endsWith("\n") && !text.includes(DASHES);

const startsLine = (text: string, at: number): boolean => at === 0 || text[at - 1] === "\n";

const endsLine = (text: string, at: number): boolean => {
  const lineEnd = text.indexOf("\n", at);
  return withoutLineEnd(text.slice(at, lineEnd === -1 ? undefined : lineEnd)) === "";
};

const strayText = (at: number): PemDefect =>
  at === 0 ? "it does not begin with a PEM block" : "something follows the END line";
