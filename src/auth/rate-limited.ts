import { admit, type RateLimit } from "../rate-limit.ts";
import type { Authenticator } from "./authenticator.ts";

/**
 * Counts what each verified identity asks of a cluster. It is counted by who it is and not by what was shown: fresh tokens of one
 * subject are one caller, and a forgery is nobody's.
 */
export const rateLimited =
  (limit: RateLimit | null) =>
  (inner: Authenticator): Authenticator => ({
    authenticate: async (credential, context) => {
      const answer = await inner.authenticate(credential, context);
      if (answer === null || !answer.ok) return answer;
      const { subject, id } = answer.value;
      const admitted = await admit(limit, `${context.cluster.id} ${subject ?? id}`);
      return admitted.ok ? answer : admitted;
    },
  });
