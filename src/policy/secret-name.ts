/** Names of cluster secrets: one spelling for every store. */

/** What AWS Secrets Manager takes as a name (CreateSecret), at least one letter or digit first. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9/_+=.@-]{0,511}$/;
/** A complete one: without the six characters that AWS adds to the name, a name with such an end would be taken for another. */
const ARN =
  /^(arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:[0-9]{12}):secret:([A-Za-z0-9/_+=.@-]{1,512})-[A-Za-z0-9]{6}$/;

export const isSecretName = (text: string): boolean => NAME.test(text) || ARN.test(text);

/** Whether two spellings may mean one secret: a name is one of the deployment's own account and region, whichever those are. */
export const mayBeOneSecret = (one: string, other: string): boolean => {
  const [a, b] = [addressOf(one), addressOf(other)];
  return a.name === b.name && (a.owner === null || b.owner === null || a.owner === b.owner);
};

interface SecretAddress {
  /** Account and region, where the spelling says them. */
  readonly owner: string | null;
  readonly name: string;
}

const addressOf = (secret: string): SecretAddress => {
  const [, owner = null, name = secret] = ARN.exec(secret) ?? [];
  return { owner, name };
};

/**
 * The environment variable in which the embedded store keeps the secret: `CLUSTER_SECRET_`, then the name in upper case with
 * `_` for every other character. `interlock/rabbit-prod` is `CLUSTER_SECRET_INTERLOCK_RABBIT_PROD`.
 * Two names may give one variable; the definitions refuse that (`cluster-rules.ts`).
 */
export const secretVariable = (secret: string): string =>
  `CLUSTER_SECRET_${Array.from(secret.toUpperCase(), (char) => (/[A-Z0-9]/.test(char) ? char : "_")).join("")}`;
