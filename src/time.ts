/** RFC 3339, UTC, whole seconds: `2026-12-22T13:18:18Z`. */
export const formatTime = (epochSeconds: number): string =>
  new Date(epochSeconds * 1000).toISOString().replace(".000Z", "Z");

/** As {@link formatTime}; what has not happened has no time. */
export const formatTimeOrNull = (epochSeconds: number | null): string | null =>
  epochSeconds === null ? null : formatTime(epochSeconds);

/** The day of it, UTC: `2026-12-22`. */
export const formatDate = (epochSeconds: number): string => formatTime(epochSeconds).slice(0, 10);
