/** A statement of words, or a block of statements: nginx's and nftables' languages have this one shape. */
export type Statement = readonly string[] | Block;

export interface Block {
  readonly head: readonly string[];
  readonly body: readonly Statement[];
}

/** A whole word: nothing in it ends a statement, opens a comment or needs quotes. Braces and `"lo"` stand alone, for nftables' sets. */
const WORD = /^(?:[A-Za-z0-9_.:/@,=-]+|[{}]|"lo")$/;

/**
 * Prints statements, each on a line of its own.
 *
 * @param end what ends a statement: `;` in nginx, nothing in nftables
 * @throws on a word that is not one. All of them are literals of ours, numbers and parsed addresses, so it is a fault.
 */
export const printStatements = (statements: readonly Statement[], end: ";" | "", indent = ""): string =>
  statements
    .map((statement) =>
      "head" in statement
        ? `${indent}${words(statement.head)} {\n${printStatements(statement.body, end, `${indent}  `)}${indent}}\n`
        : `${indent}${words(statement)}${end}\n`,
    )
    .join("");

const words = (row: readonly string[]): string => {
  if (row.length === 0 || !row.every((word) => WORD.test(word)))
    throw new Error("a word that a block language would not read as one");
  return row.join(" ");
};
