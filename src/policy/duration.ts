/** The one text form of durations: a whole number and its unit, as in `15m`, `36h`, `30d`. */

const UNITS = { s: 1, m: 60, h: 3600, d: 86_400 } as const;

/** At most seven digits: whatever passes is a safe number of seconds (27,000 years). */
export const DURATION = /^(?:0|[1-9][0-9]{0,6})[smhd]$/;

/** Seconds, or `null` for any other text: no sign, no fraction, no leading zero, no blank. */
export const parseDuration = (text: string): number | null => {
  if (!DURATION.test(text)) return null;
  // The pattern ends in one of the four units.
  const unit = text.slice(-1) as keyof typeof UNITS;
  return Number(text.slice(0, -1)) * UNITS[unit];
};

/** The shortest exact text of a whole number of seconds: 129600 is `36h`, 2592000 is `30d`, 0 is `0s`. */
export const formatDuration = (seconds: number): string => {
  for (const unit of ["d", "h", "m"] as const) {
    if (seconds > 0 && seconds % UNITS[unit] === 0) return `${seconds / UNITS[unit]}${unit}`;
  }
  return `${seconds}s`;
};
