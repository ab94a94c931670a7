import type { ClusterSecret } from "../../src/custody/cluster-secret.ts";
import type { CeremonyRequest } from "../../src/cli/ceremony.ts";
import { makeSecret } from "./cluster-secret.ts";

export type { ClusterSecret } from "../../src/custody/cluster-secret.ts";

export interface CaWish {
  readonly key?: CeremonyRequest["key"];
  /** The issuing CA's end. */
  readonly notAfter?: Date;
}

/** The CA of a cluster, as `interlock init` makes it, alive since a minute ago. */
export const makeClusterSecret = async ({
  key = "ec-p256",
  notAfter,
}: CaWish = {}): Promise<ClusterSecret> => {
  const now = Math.floor(Date.now() / 1000) - 60;
  const lifetime = notAfter === undefined ? {} : { lifetime: Math.floor(notAfter.getTime() / 1000) - now };
  return (await makeSecret(now, { key, ...lifetime })).secret;
};
