/** `erlang.md` §7: `%` and `!` expand, `^ & | < >` are operators, `=` and `,` separate arguments. */
const SAFE = /^[A-Za-z0-9_./:@+-]+$/;
const NAME = /^[A-Z][A-Z0-9_]*$/;

const CRLF = "\r\n";

/**
 * `set NAME=words…` of a Windows batch file, one row a line. The variable is expanded unquoted later, so only words without any
 * special character are taken.
 *
 * @throws on any other word. Parsers have refused those before, so it is a fault.
 */
export const cmdSet = (name: string, rows: readonly (readonly string[])[]): string => {
  if (!NAME.test(name) || !rows.flat().every((word) => SAFE.test(word)))
    throw new Error("a variable that a batch file cannot hold");
  return `set ${name}=${rows.map((row) => row.join(" ")).join(` ^${CRLF}    `)}`;
};

export const cmdFile = (lines: readonly string[]): string => lines.map((line) => line + CRLF).join("");
