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

/** `YYYYMMDDHHMMSSZ`, for years 0 to 9999. */
export const generalizedTimeText = (epochSeconds: number): string => {
  const iso = new Date(epochSeconds * 1000).toISOString();
  const date = `${iso.slice(0, 4)}${iso.slice(5, 7)}${iso.slice(8, 10)}`;
  return `${date}${iso.slice(11, 13)}${iso.slice(14, 16)}${iso.slice(17, 19)}Z`;
};
