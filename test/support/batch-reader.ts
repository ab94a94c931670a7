/**
 * The variables that a batch file of `set` lines makes, with the words that an unquoted expansion gives. Throws on anything that
 * the command interpreter would do more with than copy it. Windows is not at hand, so this is its documentation in code:
 * a caret at a line's end joins the next line, every other special character is refused.
 */
export const readBatch = (text: string): ReadonlyMap<string, readonly string[]> => {
  if (/[^\r]\n/.test(text)) throw new Error("a line without CR LF");
  const lines = text.replaceAll("^\r\n", "").split("\r\n");
  const variables = new Map<string, readonly string[]>();
  for (const line of lines) {
    if (line === "" || line === "@echo off" || /^rem [^%!^&|<>]*$/.test(line)) continue;
    const [, name, value] = /^set ([A-Z_]+)=([^%!^&|<>"]*)$/.exec(line) ?? [];
    if (name === undefined || value === undefined || variables.has(name))
      throw new Error(`not a line that we write: ${line}`);
    variables.set(name, value.split(/ +/));
  }
  return variables;
};
