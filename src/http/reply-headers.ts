/** What every reply carries, whatever it says: an id for the log, and no way to store it or to take it for something else. */
export const setReplyHeaders = (headers: Headers, requestId: string): void => {
  headers.set("X-Request-Id", requestId);
  headers.set("X-Content-Type-Options", "nosniff");
  if (!headers.has("Cache-Control")) headers.set("Cache-Control", "no-store");
};
