import type { Context } from "hono";
import type { ClusterDefinition } from "../../policy/definition.ts";
import { formatDuration, parseDuration } from "../../policy/duration.ts";
import { formatTime } from "../../time.ts";
import { sendProblem, type HttpEnv } from "../context.ts";
import { entryMember } from "./certificates.ts";

const DEFAULT_WITHIN = "14d";
/** A monitor that finds more has enough to do. */
const LIMIT = 1000;

/** `GET …/expiring?within=14d`: the nodes' newest certificates that end within that time, soonest first. */
export const getExpiring = async (c: Context<HttpEnv>, cluster: ClusterDefinition): Promise<Response> => {
  const within = parseDuration(c.req.query("within") ?? DEFAULT_WITHIN);
  if (within === null) {
    return sendProblem(c, {
      code: "option-invalid",
      field: "within",
      detail: "within must be a duration such as 36h or 14d",
    });
  }
  const now = c.get("now");
  const found = await c
    .get("deployment")
    .ledgerOf(cluster.id)
    .expiring({ now, before: now + within, limit: LIMIT });
  const certificates = found.map(({ entry, renewAfter }) => ({
    ...entryMember(entry),
    renewAfter: formatTime(renewAfter),
    overdue: renewAfter <= now,
    secondsLeft: entry.notAfter - now,
  }));
  return c.json({ within: formatDuration(within), certificates, complete: found.length < LIMIT });
};
