/** Names of cluster secrets: one spelling for every store. */

/** What AWS Secrets Manager takes as a name (CreateSecret), at least one letter or digit first. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9/_+=.@-]{0,511}$/;
const ARN = /^arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:[A-Za-z0-9/_+=.@-]{1,519}$/;

export const isSecretName = (text: string): boolean => NAME.test(text) || ARN.test(text);

/**
 * The environment variable in which the embedded store keeps the secret: `CLUSTER_SECRET_`, then the name in upper case with
 * `_` for every other character. `interlock/rabbit-prod` is `CLUSTER_SECRET_INTERLOCK_RABBIT_PROD`.
 * Two names may give one variable; the definitions refuse that (`cluster-rules.ts`).
 */
export const secretVariable = (secret: string): string =>
  `CLUSTER_SECRET_${Array.from(secret.toUpperCase(), (char) => (/[A-Z0-9]/.test(char) ? char : "_")).join("")}`;
