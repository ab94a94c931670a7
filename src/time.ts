/** RFC 3339, UTC, whole seconds: `2026-12-22T13:18:18Z`. */
export const formatTime = (epochSeconds: number): string =>
  new Date(epochSeconds * 1000).toISOString().replace(".000Z", "Z");

/** The day of it, UTC: `2026-12-22`. */
export const formatDate = (epochSeconds: number): string => formatTime(epochSeconds).slice(0, 10);
