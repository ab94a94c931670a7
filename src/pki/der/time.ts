import { DerError, type Bytes, type DerElement } from "./reader.ts";
import { TAG } from "./tags.ts";

/**
 * Epoch seconds of a Time: RFC 5280 §4.1.2.5, `YYMMDDHHMMSSZ` up to 2049, `YYYYMMDDHHMMSSZ` from 2050. The reader has found its
 * digits and its Z (`contentDefect`); whether there is such a second is said here. Throws {@link DerError}.
 */
export const time = ({ tag, content }: DerElement): number => {
  const seconds =
    tag === TAG.utcTime ? utcTime(content) : tag === TAG.generalizedTime ? generalizedTime(content) : null;
  if (seconds === null) throw new DerError("a time is not in the form of RFC 5280");
  return seconds;
};

const utcTime = (digits: Bytes): number | null => {
  const year = pair(digits, 0);
  return epochSeconds(year < 50 ? 2000 + year : 1900 + year, digits, 2);
};

const generalizedTime = (digits: Bytes): number | null => {
  const year = pair(digits, 0) * 100 + pair(digits, 2);
  return year < 2050 ? null : epochSeconds(year, digits, 4);
};

/** The calendar decides: a day that falls into another month does not exist. By numbers: text costs ten times as much (`npm run bench`, issue). */
const epochSeconds = (year: number, digits: Bytes, at: number): number | null => {
  const month = pair(digits, at) - 1;
  const hour = pair(digits, at + 4);
  const minute = pair(digits, at + 6);
  const second = pair(digits, at + 8);
  const midnight = new Date(Date.UTC(year, month, pair(digits, at + 2)));
  const exists = midnight.getUTCMonth() === month && hour < 24 && minute < 60 && second < 60;
  return exists ? midnight.getTime() / 1000 + hour * 3600 + minute * 60 + second : null;
};

/** The number of two digits. */
const pair = (digits: Bytes, at: number): number => 10 * digit(digits, at) + digit(digits, at + 1);

const digit = (digits: Bytes, at: number): number => (digits[at] ?? 0) - 0x30;

/** `YYYYMMDDHHMMSSZ` in ASCII, for years 0 to 9999. By numbers, as it is read. */
export const generalizedTimeDigits = (epochSeconds: number): Bytes => {
  const date = new Date(epochSeconds * 1000);
  const year = date.getUTCFullYear();
  if (!(year >= 0 && year <= 9999)) throw new Error("a time has no form in DER");
  const digits = new Uint8Array(GENERALIZED_TIME_LENGTH);
  writePair(digits, 0, Math.floor(year / 100));
  writePair(digits, 2, year % 100);
  writePair(digits, 4, date.getUTCMonth() + 1);
  writePair(digits, 6, date.getUTCDate());
  writePair(digits, 8, date.getUTCHours());
  writePair(digits, 10, date.getUTCMinutes());
  writePair(digits, 12, date.getUTCSeconds());
  digits[GENERALIZED_TIME_LENGTH - 1] = ZULU;
  return digits;
};

const GENERALIZED_TIME_LENGTH = 15;
const ZULU = 0x5a;

const writePair = (digits: Bytes, at: number, number: number): void => {
  digits[at] = 0x30 + Math.floor(number / 10);
  digits[at + 1] = 0x30 + (number % 10);
};
