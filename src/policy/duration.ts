/** The one text form of durations: a whole number and its unit, as in `15m`, `36h`, `30d`. */

/** Longest first. */
const UNITS = [
  ["d", 86_400],
  ["h", 3600],
  ["m", 60],
  ["s", 1],
] as const;

/** At most seven digits: whatever passes is a safe number of seconds (27,000 years). */
export const DURATION = /^(?:0|[1-9][0-9]{0,6})[smhd]$/;

/** Seconds, or `null` for any other text: no sign, no fraction, no leading zero, no blank. */
export const parseDuration = (text: string): number | null => {
  const unit = DURATION.test(text) ? UNITS.find(([letter]) => text.endsWith(letter)) : undefined;
  return unit === undefined ? null : Number(text.slice(0, -1)) * unit[1];
};

/** The shortest exact text of a whole number of seconds: 129600 is `36h`, 2592000 is `30d`, 0 is `0s`. */
export const formatDuration = (seconds: number): string => {
  const [letter, length] = UNITS.find(([, length]) => seconds > 0 && seconds % length === 0) ?? ["s", 1];
  return `${seconds / length}${letter}`;
};
