import { DerError, type DerElement } from "./reader.ts";
import { TAG } from "./tags.ts";

/** RFC 5280 §4.1.2.5: `YYMMDDHHMMSSZ` up to 2049, `YYYYMMDDHHMMSSZ` from 2050; whole seconds, Zulu, nothing else. */
const UTC_TIME_LENGTH = 13;
const GENERALIZED_TIME_LENGTH = 15;

/** Epoch seconds of a Time. Throws {@link DerError}. */
export const time = (element: DerElement): number => {
  const text = String.fromCharCode(...element.content.subarray(0, GENERALIZED_TIME_LENGTH + 1));
  const seconds =
    element.tag === TAG.utcTime
      ? utcTime(text)
      : element.tag === TAG.generalizedTime
        ? generalizedTime(text)
        : null;
  if (seconds === null) throw new DerError("a time is not in the form of RFC 5280");
  return seconds;
};

const utcTime = (text: string): number | null =>
  text.length === UTC_TIME_LENGTH
    ? epochSeconds(`${Number(text.slice(0, 2)) < 50 ? "20" : "19"}${text}`)
    : null;

const generalizedTime = (text: string): number | null =>
  text.length === GENERALIZED_TIME_LENGTH && text >= "2050" ? epochSeconds(text) : null;

/** The calendar decides: a date that does not print back as it was read does not exist. */
const epochSeconds = (text: string): number | null => {
  const date = `${text.slice(0, 4)}-${text.slice(4, 6)}-${text.slice(6, 8)}`;
  const millis = Date.parse(`${date}T${text.slice(8, 10)}:${text.slice(10, 12)}:${text.slice(12)}`);
  return Number.isFinite(millis) && generalizedTimeText(millis / 1000) === text ? millis / 1000 : null;
};

/** `YYYYMMDDHHMMSSZ`, for years 0 to 9999. */
export const generalizedTimeText = (epochSeconds: number): string => {
  const iso = new Date(epochSeconds * 1000).toISOString();
  const date = `${iso.slice(0, 4)}${iso.slice(5, 7)}${iso.slice(8, 10)}`;
  return `${date}${iso.slice(11, 13)}${iso.slice(14, 16)}${iso.slice(17, 19)}Z`;
};
