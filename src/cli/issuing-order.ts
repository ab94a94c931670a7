import type { ClusterDefinition } from "../policy/definition.ts";
import { ok, type Result } from "../result.ts";
import type { IssuingRequest } from "./ca-certificates.ts";
import type { Complaint } from "./command.ts";
import { findPlace, PLACE_OPTIONS, type PlaceValues } from "./find-place.ts";
import { ISSUING_OPTIONS, issuingRequest, type IssuingValues } from "./issuing-options.ts";
import { CLUSTER_OPTIONS, readCluster, type ClusterValues } from "./read-clusters.ts";
import type { SecretPlace } from "./secret-place.ts";
import type { World } from "./world.ts";

/** What `init` and `renew` are both told: whose CA, what kind of CA, and where its secret goes. */
export const ORDER_OPTIONS = { ...CLUSTER_OPTIONS, ...PLACE_OPTIONS, ...ISSUING_OPTIONS } as const;

export interface IssuingOrder {
  readonly cluster: ClusterDefinition;
  readonly place: SecretPlace;
  readonly request: IssuingRequest;
}

/** Reads the definition, and nothing secret yet. */
export const readOrder = async (
  values: ClusterValues & PlaceValues & IssuingValues,
  world: World,
): Promise<Result<IssuingOrder, Complaint>> => {
  const cluster = await readCluster(values, world);
  if (!cluster.ok) return cluster;
  const place = findPlace(values, cluster.value, world);
  if (!place.ok) return place;
  const request = issuingRequest(values, cluster.value, world);
  if (!request.ok) return request;
  return ok({ cluster: cluster.value, place: place.value, request: request.value });
};
