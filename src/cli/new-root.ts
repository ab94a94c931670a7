import type { ClusterDefinition } from "../policy/definition.ts";
import { parseDuration } from "../policy/duration.ts";
import { ok, type Result } from "../result.ts";
import type { CeremonyRequest, IssuingRequest } from "./ca-certificates.ts";
import type { CaPair } from "./ceremony.ts";
import { misused, refused, type Complaint } from "./command.ts";
import { doubts } from "./init-notes.ts";
import { keepRoot, removeRoot, rootFiles } from "./root-files.ts";
import type { NotStored, TestedSecret } from "./secret-place.ts";
import type { World } from "./world.ts";

/** What `init` and `rotate` ask of a root that they make. */
export const NEW_ROOT_OPTIONS = {
  out: { type: "string", default: "." },
  "root-lifetime": { type: "string", default: "3650d" },
} as const;

export interface NewRootValues {
  readonly out: string;
  readonly "root-lifetime": string;
}

/** Refuses a root that would end before what it signs. */
export const rootRequest = (
  values: NewRootValues,
  request: IssuingRequest,
): Result<CeremonyRequest, Complaint> => {
  const rootLifetime = parseDuration(values["root-lifetime"]);
  return rootLifetime === null || rootLifetime < request.lifetime
    ? misused("--root-lifetime is a duration such as 3650d, no shorter than --lifetime")
    : ok({ ...request, rootLifetime });
};

/** A root that was just made, the secret that needs it, and where each goes. */
export interface NewRoot {
  readonly root: CaPair;
  readonly secret: TestedSecret;
  readonly cluster: ClusterDefinition;
  readonly out: string;
  readonly store: (text: string) => Promise<Result<void, NotStored>>;
}

/**
 * Answers the files where the root went. The root first: a secret in use whose root is lost could never be renewed. It is removed
 * only where the secret was surely not stored.
 */
export const storeWithRoot = async (
  { root, secret, cluster, out, store }: NewRoot,
  world: World,
): Promise<Result<CaPair, Complaint>> => {
  const files = rootFiles(out, cluster);
  const kept = await keepRoot(root, files, world);
  if (!kept.ok) return kept;
  const stored = await store(secret.text);
  if (stored.ok) return ok(files);
  if (stored.error.mayBeStored) return refused(...stored.error.lines, ...doubts(secret, files, cluster));
  await removeRoot(files, world);
  return stored;
};
