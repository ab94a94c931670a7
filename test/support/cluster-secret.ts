import { toBase64 } from "../../src/bytes.ts";
import type { CeremonyRequest } from "../../src/cli/ca-certificates.ts";
import { holdCeremony, type CaPair } from "../../src/cli/ceremony.ts";
import type { ClusterSecret } from "../../src/custody/cluster-secret.ts";

const DAY = 86_400;

const random = (length: number): Uint8Array<ArrayBuffer> => crypto.getRandomValues(new Uint8Array(length));

export interface MadeSecret {
  readonly secret: ClusterSecret;
  /** The secret as a store holds it. */
  readonly text: string;
  readonly root: CaPair;
}

/** A fresh cluster secret, from a ceremony of its own. `now` is epoch seconds. */
export const makeSecret = async (
  now: number,
  request: Partial<CeremonyRequest> = {},
): Promise<MadeSecret> => {
  const { root, issuing } = await holdCeremony({
    cluster: "mq",
    key: "ec-p256",
    now,
    rootLifetime: 3650 * DAY,
    lifetime: 1095 * DAY,
    permitted: null,
    random,
    ...request,
  });
  const secret: ClusterSecret = {
    version: 1,
    certificate: issuing.certificate,
    privateKey: issuing.privateKey,
    trustBundle: root.certificate,
    tokenKey: toBase64(random(32)),
  };
  return { secret, text: JSON.stringify(secret), root };
};
