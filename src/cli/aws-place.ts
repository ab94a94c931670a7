import { awsSecretStore } from "../custody/aws-secret-store.ts";
import { SecretUnavailable, type SecretStore } from "../custody/custody.ts";
import { secretsManager } from "../custody/secrets-manager.ts";
import type { ClusterDefinition } from "../policy/definition.ts";
import { err, ok, type Result } from "../result.ts";
import { awsAccess } from "./aws-access.ts";
import { refused, type Complaint } from "./command.ts";
import type { NotStored, SecretPlace } from "./secret-place.ts";
import type { World } from "./world.ts";

/** AWS Secrets Manager, with the credentials of the environment. */
export const awsPlace = (cluster: ClusterDefinition, world: World): Result<SecretPlace, Complaint> => {
  const access = awsAccess(world);
  if (!access.ok) return access;
  const { secret } = cluster.ca;
  const call = secretsManager(access.value);
  const store = awsSecretStore(access.value);
  const description = `Interlock: the CA of the cluster ${cluster.id}`;
  // The new version becomes AWSCURRENT, the one before AWSPREVIOUS, which nothing reads.
  const replace: SecretPlace["replace"] = async (text) =>
    asVoid(
      await unlessUnavailable(() =>
        call(async (client, options) => {
          const { PutSecretValueCommand } = await import("@aws-sdk/client-secrets-manager");
          return client.send(new PutSecretValueCommand({ SecretId: secret, SecretString: text }), options);
        }),
      ),
    );
  return ok({
    ...store,
    title: `AWS Secrets Manager, ${secret} in ${access.value.region}`,
    create: async (text) => {
      const created = await unlessUnavailable(() =>
        call(async (client, options) => {
          const { CreateSecretCommand, ResourceExistsException } =
            await import("@aws-sdk/client-secrets-manager");
          const create = new CreateSecretCommand({
            Name: secret,
            SecretString: text,
            Description: description,
          });
          return await client.send(create, options).then(
            () => true,
            (error: unknown) => {
              if (error instanceof ResourceExistsException) return false;
              throw error;
            },
          );
        }),
      );
      if (!created.ok || created.value) return asVoid(created);
      return (await isEmpty(store, secret))
        ? replace(text)
        : refused(`AWS has ${secret} already: --force puts a new version`);
    },
    replace,
  });
};

/** As Terraform leaves it (infra/terraform/modules/ca-secret): a name and a key to encrypt with, and no version. */
const isEmpty = (store: SecretStore, secret: string): Promise<boolean> =>
  store.fetch(secret).then(
    () => false,
    (error: unknown) => error instanceof SecretUnavailable && error.reason === "not-found",
  );

const unlessUnavailable = async <T>(work: () => Promise<T>): Promise<Result<T, NotStored>> => {
  try {
    return ok(await work());
  } catch (error) {
    if (error instanceof SecretUnavailable) return notTaken(error.reason);
    throw error;
  }
};

type Reason = SecretUnavailable["reason"];

/** What AWS says before it stores anything. After every other answer, or none, the secret may be there. */
const DEFINITE: ReadonlySet<Reason> = new Set<Reason>(["not-found", "access-denied", "not-configured"]);

const notTaken = (reason: Reason): Result<never, NotStored> =>
  DEFINITE.has(reason)
    ? refused(`AWS Secrets Manager did not take the secret: ${reason}`)
    : err({
        exit: 1,
        lines: [`AWS Secrets Manager did not say that it took the secret: ${reason}. It may have stored it`],
        mayBeStored: true,
      });

const asVoid = (result: Result<unknown, NotStored>): Result<void, NotStored> =>
  result.ok ? ok(undefined) : result;
