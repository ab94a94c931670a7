import { embeddedSecretStore } from "../custody/embedded-secret-store.ts";
import { secretVariable } from "../policy/secret-name.ts";
import { ok, type Result } from "../result.ts";
import { refused, type Complaint } from "./command.ts";
import { readVariable, withVariable } from "./dev-vars.ts";
import type { SecretPlace } from "./secret-place.ts";
import { readText, type World } from "./world.ts";

/** The embedded store on a laptop: the secret's variable in the file that `wrangler dev` reads. */
export const devVarsPlace = (path: string, secret: string, world: World): SecretPlace => {
  const name = secretVariable(secret);
  const read = async (): Promise<string> => (await readText(path, world)) ?? "";
  const write = async (before: string, text: string): Promise<Result<void, Complaint>> => {
    const after = withVariable(before, name, text);
    if (after === null)
      return refused(`${path} cannot take ${name} without a change to its other lines: edit it by hand`);
    return ok(await world.replace(path, after));
  };
  return {
    title: `${name} in ${path}`,
    fetch: async () => await embeddedSecretStore({ [name]: readVariable(await read(), name) }).fetch(secret),
    create: async (text) => {
      const before = await read();
      if (readVariable(before, name) !== null)
        return refused(`${path} has ${name} already: --force replaces it`);
      return await write(before, text);
    },
    replace: async (text) => await write(await read(), text),
  };
};
