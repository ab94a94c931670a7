/** A heading of words with indented rows of words below it: a section of HAProxy's configuration. */
export interface Section {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** Neither blank nor quote, escape, variable or comment (HAProxy's configuration manual §2.2). */
const WORD = /^[A-Za-z0-9_.:/@,*-]+$/;

/** HAProxy's configuration. @throws on a word that it would not read as one: they are literals of ours, so it is a fault. */
export const printSections = (sections: readonly Section[]): string =>
  sections
    .map(({ head, rows }) => [line(head), ...rows.map((row) => `  ${line(row)}`), ""].join("\n"))
    .join("\n");

/** RabbitMQ's `rabbitmq.conf`: one `key = value` a line. @throws as {@link printSections} does. */
export const printSettings = (settings: readonly (readonly [key: string, value: string])[]): string =>
  settings.map(([key, value]) => `${line([key])} = ${line([value])}\n`).join("");

const line = (row: readonly string[]): string => {
  if (row.length === 0 || !row.every((word) => WORD.test(word)))
    throw new Error("a word that the format would not read as one");
  return row.join(" ");
};
