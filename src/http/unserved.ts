import type { Log } from "../log.ts";
import { formatTime } from "../time.ts";
import { wantsPlainText } from "./negotiate.ts";
import { INTERNAL, problemResponse } from "./problem.ts";
import { setReplyHeaders } from "./reply-headers.ts";

/** The answer where not even the API could be made: a fault of ours, of which the log says what it was. */
export const unserved = (request: Request, error: unknown, log: Log, clock: () => number): Response => {
  const requestId = crypto.randomUUID();
  const cause = error instanceof Error ? `${error.name}: ${error.message}` : "unknown";
  log({ level: "error", event: "request", requestId, method: request.method, status: 500, cause });
  const plain = wantsPlainText(request.headers.get("Accept"));
  const response = problemResponse(INTERNAL, { requestId, serverTime: formatTime(clock()) }, plain);
  setReplyHeaders(response.headers, requestId);
  return response;
};
