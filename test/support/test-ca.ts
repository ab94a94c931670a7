import type { ClusterSecret } from "../../src/custody/cluster-secret.ts";
import type { CeremonyRequest } from "../../src/cli/ca-certificates.ts";
import { makeSecret } from "./cluster-secret.ts";

export type { ClusterSecret } from "../../src/custody/cluster-secret.ts";

export interface CaWish {
  readonly key?: CeremonyRequest["key"];
  /** The issuing CA's end. */
  readonly notAfter?: Date;
}

/** A ceremony's CA begins five minutes before it, and its last second counts. */
const BACKDATE = 300;

/** The CA of a cluster, as `interlock init` makes it, alive since a minute ago. */
export const makeClusterSecret = async ({
  key = "ec-p256",
  notAfter,
}: CaWish = {}): Promise<ClusterSecret> => {
  const now = Math.floor(Date.now() / 1000) - 60;
  const end = notAfter === undefined ? null : Math.floor(notAfter.getTime() / 1000);
  const lifetime = end === null ? {} : { lifetime: end - (now - BACKDATE) + 1 };
  return (await makeSecret(now, { key, ...lifetime })).secret;
};
