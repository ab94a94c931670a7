import { SecretUnavailable } from "../custody/custody.ts";
import type { ClusterDefinition } from "../policy/definition.ts";
import { ok, type Result } from "../result.ts";
import { awsPlace } from "./aws-place.ts";
import { misused, refused, type Complaint } from "./command.ts";
import { devVarsPlace } from "./dev-vars-place.ts";
import { filePlace, type SecretPlace } from "./secret-place.ts";
import type { World } from "./world.ts";

/** The options of every command that reads or writes a cluster's secret. */
export const PLACE_OPTIONS = {
  store: { type: "string" },
  secret: { type: "string" },
  "dev-vars": { type: "string" },
} as const;

export const PLACE_HELP = `  --store STORE      where the cluster secret is: file, embedded or aws (default: CA_STORE, else file)
  --secret FILE      for file: the secret's own file (default <cluster>.secret.json)
  --dev-vars FILE    for embedded: the Worker's variables on this machine (default .dev.vars)
                     for aws: AWS_REGION, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY in the environment, and if
                     wanted AWS_SESSION_TOKEN and AWS_ENDPOINT_URL
`;

export interface PlaceValues {
  readonly store?: string | undefined;
  readonly secret?: string | undefined;
  readonly "dev-vars"?: string | undefined;
}

export const storeName = (values: PlaceValues, world: World): string =>
  values.store ?? world.env["CA_STORE"] ?? "file";

export const findPlace = (
  values: PlaceValues,
  cluster: ClusterDefinition,
  world: World,
): Result<SecretPlace, Complaint> => {
  const store = storeName(values, world);
  if (store === "file") return ok(filePlace(values.secret ?? `${cluster.id}.secret.json`, world));
  if (store === "embedded")
    return ok(devVarsPlace(values["dev-vars"] ?? ".dev.vars", cluster.ca.secret, world));
  return store === "aws" ? awsPlace(cluster, world) : misused("--store is file, embedded or aws");
};

/** The secret's text, or a sentence that says where it was looked for. */
export const readSecret = async (
  place: SecretPlace,
  cluster: ClusterDefinition,
): Promise<Result<string, Complaint>> => {
  try {
    return ok((await place.fetch(cluster.ca.secret)).text);
  } catch (error) {
    if (error instanceof SecretUnavailable)
      return refused(`${cluster.id}: no secret from ${place.title} (${error.reason})`);
    throw error;
  }
};
