/** What differs from run to run, in the forms in which pages show it. Everything else must come as it stands. */
const FORMS = [
  // A time of RFC 3339, in UTC.
  /\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z/,
  // SHA-256.
  /\b[0-9a-f]{64}\b/,
  // A serial number or an id, and a serial number as openssl prints it.
  /\b[0-9a-f]{32,34}\b/,
  /\b[0-9A-F]{32,34}\b/,
].map(({ source }) => source);

/** What the page leaves out: something within a line, or any lines where it stands alone. */
const OMISSION = "…";

const PLACEHOLDER = new RegExp(`(${[...FORMS, OMISSION].join("|")})`);

/** Whether a command said what the page shows. */
export const saysWhat = (page: string, said: string): boolean =>
  new RegExp(`^${linesOf(page).map(patternOf).join("")}$`).test(`${linesOf(said).join("\n")}\n`);

const linesOf = (text: string): readonly string[] =>
  text
    .trimEnd()
    .split("\n")
    .map((line) => line.trimEnd());

/** Split by a group, every other part is a placeholder. */
const patternOf = (line: string): string =>
  line.trim() === OMISSION
    ? "(?:.*\\n)*"
    : `${line
        .split(PLACEHOLDER)
        .map((part, index) => (index % 2 === 0 ? literally(part) : formOf(part)))
        .join("")}\\n`;

const formOf = (shown: string): string => FORMS.find((form) => new RegExp(`^${form}$`).test(shown)) ?? ".+";

const literally = (text: string): string => text.replaceAll(/[\\^$.*+?()[\]{}|]/g, "\\$&");
