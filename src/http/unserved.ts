import type { Log, LogLine } from "../log.ts";
import { formatTime } from "../time.ts";
import { wantsPlainText } from "./negotiate.ts";
import { INTERNAL, problemResponse, type Problem } from "./problem.ts";
import { setReplyHeaders } from "./reply-headers.ts";

/** Answers with a fault where there is no API to do it, and logs the line with the id that the caller is told. */
export const faultResponse = (
  request: Request,
  problem: Problem,
  line: Pick<LogLine, "event" | "method" | "status" | "cause">,
  log: Log,
  clock: () => number,
): Response => {
  const requestId = crypto.randomUUID();
  log({ level: "error", requestId, ...line });
  const plain = wantsPlainText(request.headers.get("Accept"));
  const response = problemResponse(problem, { requestId, serverTime: formatTime(clock()) }, plain);
  setReplyHeaders(response.headers, requestId);
  return response;
};

/** The answer where not even the API could be made: a fault of ours, of which the log says what it was. */
export const unserved = (request: Request, error: unknown, log: Log, clock: () => number): Response => {
  const cause = error instanceof Error ? `${error.name}: ${error.message}` : "unknown";
  const line = { event: "request", method: request.method, status: 500, cause };
  return faultResponse(request, INTERNAL, line, log, clock);
};
