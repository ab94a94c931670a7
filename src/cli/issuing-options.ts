import type { ClusterDefinition } from "../policy/definition.ts";
import { formatDuration, parseDuration } from "../policy/duration.ts";
import { ok, type Result } from "../result.ts";
import { CA_KEYS } from "./ca-keys.ts";
import type { IssuingRequest } from "./ca-certificates.ts";
import { misused, refused, type Complaint } from "./command.ts";
import { permittedSubtrees } from "./permitted-subtrees.ts";
import type { World } from "./world.ts";

/** What `init` and `renew` ask of the CA that they make. */
export const ISSUING_OPTIONS = {
  key: { type: "string", default: "ec-p256" },
  lifetime: { type: "string", default: "1095d" },
  constrain: { type: "boolean", default: false },
} as const;

export const ISSUING_HELP = `  --key TYPE         of the CA: ${CA_KEYS.join(", ")} (default ec-p256)
  --lifetime D       of the issuing CA (default 1095d)
  --constrain        hold the issuing CA to the hosts of the definition (RFC 5280 name constraints)
`;

export interface IssuingValues {
  readonly key: string;
  readonly lifetime: string;
  readonly constrain: boolean;
}

/** Refuses, before any key is made, what cannot serve the cluster. */
export const issuingRequest = (
  values: IssuingValues,
  cluster: ClusterDefinition,
  world: World,
): Result<IssuingRequest, Complaint> => {
  const key = CA_KEYS.find((type) => type === values.key);
  if (key === undefined) return misused(`--key is one of ${CA_KEYS.join(", ")}`);
  const lifetime = parseDuration(values.lifetime);
  if (lifetime === null) return misused("--lifetime is a duration such as 1095d");
  const least = cluster.certificate.maxLifetime;
  if (lifetime <= least)
    return misused(`--lifetime must be longer than the ${formatDuration(least)} that a certificate may live`);
  const permitted = values.constrain ? permittedSubtrees(cluster) : ok(null);
  if (!permitted.ok) return refused(`the CA of ${cluster.id} cannot be constrained: ${permitted.error}`);
  return ok({
    cluster: cluster.id,
    key,
    now: world.now(),
    lifetime,
    permitted: permitted.value,
    random: world.random,
  });
};
