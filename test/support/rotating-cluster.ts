import { CreateSecretCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { run } from "../../src/cli/run.ts";
import { nodeWorld } from "../../src/cli/world.ts";
import { ADMIN_TOKEN, startDeployment, type Definitions, type Deployment } from "./deployment.ts";
import { startMoto } from "./moto.ts";
import { makeClusterSecret, type ClusterSecret } from "./test-ca.ts";

/** One cluster whose secret is in a Secrets Manager API, and the operator who rotates its CA while it runs. */
export interface RotatingCluster extends AsyncDisposable {
  readonly deployment: Deployment;
  /** Where the operator keeps roots. */
  readonly folder: string;
  /** The operator's command with its store and API; answers its exit code and what it said. */
  readonly interlock: (...args: readonly string[]) => Promise<readonly [code: number, said: string]>;
  /** Waits until the API has this generation, and no instance of it an earlier one. */
  readonly settle: (generation: number) => Promise<void>;
}

const CREDENTIALS = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "example" };
const STALE_SECONDS = 2;

export const startRotatingCluster = async (
  cluster: string,
  definition: Definitions[string],
  secret: Partial<ClusterSecret> = {},
): Promise<RotatingCluster> => {
  await using stack = new AsyncDisposableStack();
  const moto = stack.use(await startMoto());
  const name = definition.ca.secret;
  const made: ClusterSecret = { ...(await makeClusterSecret()), ...secret };
  const manager = new SecretsManagerClient({
    region: "us-east-1",
    endpoint: moto.endpoint,
    credentials: CREDENTIALS,
  });
  await manager.send(new CreateSecretCommand({ Name: name, SecretString: JSON.stringify(made) }));
  const variables = {
    CA_STORE: "aws",
    AWS_REGION: "us-east-1",
    AWS_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
    AWS_ENDPOINT_URL: moto.endpoint,
    CA_CACHE_SECONDS: "1",
    CA_STALE_SECONDS: String(STALE_SECONDS),
  };
  const definitions = { [cluster]: definition };
  const deployment = stack.use(await startDeployment({ definitions, secrets: { [name]: made }, variables }));
  const folder = mkdtempSync(join(tmpdir(), "interlock-rotation-"));
  stack.defer(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, "clusters.json"), JSON.stringify({ clusters: definitions }));
  const owned = stack.move();
  return {
    deployment,
    folder,
    interlock: async (...args) => {
      let said = "";
      const env = { ...variables, ADMIN_TOKEN, PUBLIC_ORIGIN: deployment.origin() };
      const hear = (text: string): void => void (said += text);
      const where = ["--cluster", cluster, "--clusters", join(folder, "clusters.json")];
      const code = await run([...args, ...where], { ...nodeWorld(), env, stdout: hear, stderr: hear });
      return [code, said];
    },
    settle: async (generation) => {
      const url = `${deployment.origin()}/v1/clusters/${cluster}/ca.pem`;
      const current = async () => Number((await fetch(url)).headers.get("Interlock-CA-Generation"));
      for (const end = Date.now() + 20_000; (await current()) !== generation; await delay(300))
        if (Date.now() > end) throw new Error(`the API does not come to generation ${String(generation)}`);
      await delay((STALE_SECONDS + 1) * 1000);
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
};
