import { join } from "node:path";
import type { ClusterDefinition } from "../policy/definition.ts";
import { ok, type Result } from "../result.ts";
import type { CaPair } from "./ceremony.ts";
import { misused, refused, type Complaint } from "./command.ts";
import { readText, type World } from "./world.ts";

/** A root as two files, on the medium that is kept offline. */
export const rootFiles = (folder: string, { id }: ClusterDefinition): CaPair => ({
  certificate: join(folder, `${id}.root.pem`),
  privateKey: join(folder, `${id}.root.key`),
});

/** Both files or none. */
export const keepRoot = async (
  root: CaPair,
  files: CaPair,
  world: World,
): Promise<Result<void, Complaint>> => {
  if (!(await world.create(files.privateKey, root.privateKey)))
    return refused(`${files.privateKey} is there already: a root is never overwritten`);
  if (await world.create(files.certificate, root.certificate)) return ok(undefined);
  await world.remove(files.privateKey);
  return refused(`${files.certificate} is there already: a root is never overwritten`);
};

/** Only where the secret that needs it was surely not stored. */
export const removeRoot = async (files: CaPair, world: World): Promise<void> => {
  await Promise.all([world.remove(files.certificate), world.remove(files.privateKey)]);
};

export const ROOT_OPTIONS = { root: { type: "string" }, "root-key": { type: "string" } } as const;

export interface RootValues {
  readonly root?: string | undefined;
  readonly "root-key"?: string | undefined;
}

/** The root that `--root` and `--root-key` name. */
export const readRoot = async (
  { root, "root-key": rootKey }: RootValues,
  world: World,
): Promise<Result<CaPair, Complaint>> => {
  if (root === undefined || rootKey === undefined)
    return misused("name the root: --root FILE --root-key FILE");
  const [certificate, privateKey] = await Promise.all([readText(root, world), readText(rootKey, world)]);
  if (certificate === null) return refused(`there is no ${root}`);
  return privateKey === null ? refused(`there is no ${rootKey}`) : ok({ certificate, privateKey });
};
