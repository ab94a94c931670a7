import { loadSnapshot, type ClusterSecret } from "../custody/cluster-secret.ts";
import { SecretUnavailable, type SecretStore } from "../custody/custody.ts";
import type { CaSnapshot } from "../custody/snapshot.ts";
import type { ClusterDefinition } from "../policy/definition.ts";
import { ok, type Result } from "../result.ts";
import { refused, type Complaint } from "./command.ts";
import { readText, type World } from "./world.ts";

/** Where one cluster's secret is, for a command: the stores of the Worker, and a file. */
export interface SecretPlace extends SecretStore {
  /** For people: `the file rabbit-prod.secret.json`. */
  readonly title: string;
  /** Refuses where there is a secret already. */
  readonly create: (text: string) => Promise<Result<void, NotStored>>;
  /** Puts a new secret in place of the one that is there. */
  readonly replace: (text: string) => Promise<Result<void, NotStored>>;
}

/** Why nobody can say that the secret is stored. */
export interface NotStored extends Complaint {
  /** The answer was lost, not the request: the store may hold the secret all the same. */
  readonly mayBeStored?: true;
}

export const filePlace = (path: string, world: World): SecretPlace => ({
  title: `the file ${path}`,
  fetch: async () => {
    const text = await readText(path, world);
    if (text === null) throw new SecretUnavailable("not-found");
    return { versionId: path, text };
  },
  create: async (text) =>
    (await world.create(path, text))
      ? ok(undefined)
      : refused(`${path} is there already: move it away first`),
  replace: async (text) => ok(await world.replace(path, text)),
});

/** A secret that the Worker loads. */
export interface TestedSecret {
  /** What a store holds. */
  readonly text: string;
  /** What the Worker makes of it. */
  readonly snapshot: CaSnapshot;
}

/** Nothing is written that the Worker would refuse to load. */
export const testedSecret = async (
  document: ClusterSecret,
  cluster: ClusterDefinition,
  now: number,
): Promise<Result<TestedSecret, Complaint>> => {
  const text = JSON.stringify(document);
  const tested = await loadSnapshot(text, cluster, now);
  return tested.ok
    ? ok({ text, snapshot: tested.value })
    : refused(`the new CA did not pass its test, so nothing was written: ${tested.error.detail}`);
};

/** Enough of a snapshot's id for people to compare: how `interlock check` names it. */
export const generationOf = ({ id }: CaSnapshot): string => id.slice(0, 12);
