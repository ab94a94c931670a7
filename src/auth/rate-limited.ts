import { admit, type RateLimit } from "../rate-limit.ts";
import type { Authenticator } from "./authenticator.ts";
import type { Principal } from "./principal.ts";

/**
 * Counts what each verified identity asks of a cluster. It is counted by who it is and not by what was shown: fresh tokens of one
 * subject are one caller, a token for several nodes is as many callers, and a forgery is nobody's.
 */
export const rateLimited =
  (limit: RateLimit | null) =>
  (inner: Authenticator): Authenticator => ({
    authenticate: async (credential, context) => {
      const answer = await inner.authenticate(credential, context);
      if (answer === null || !answer.ok) return answer;
      const admitted = await admit(limit, `${context.cluster.id} ${callerOf(answer.value, context.node)}`);
      return admitted.ok ? answer : admitted;
    },
  });

/** Who shares a credential without being anybody's subject is told apart by the node: a boot wave on one token is many machines. */
const callerOf = ({ subject, id, uses }: Principal, node: string): string => {
  if (subject !== null) return subject;
  return uses > 1 ? `${id} ${node}` : id;
};
