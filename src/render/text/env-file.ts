/** Characters that Docker, Compose and systemd all take literally: no quote, `$`, `#`, backslash or blank at an end. */
const VALUE = /^[A-Za-z0-9_./:@+=,[\]-]+(?: [A-Za-z0-9_./:@+=,[\]-]+)*$/;
const NAME = /^[A-Z][A-Z0-9_]*$/;

/**
 * One line `NAME=value` of an environment file. The programs that read such files disagree about every kind of quoting, so
 * there is none.
 *
 * @throws on a value that would need it. Parsers have refused those before, so it is a fault.
 */
export const envFileLine = (name: string, value: string): string => {
  if (!NAME.test(name) || !VALUE.test(value))
    throw new Error("a variable that an environment file cannot hold");
  return `${name}=${value}`;
};
