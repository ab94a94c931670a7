import type { ClusterDefinition } from "../policy/definition.ts";
import type { CaPair } from "./ceremony.ts";
import { generationOf, type SecretPlace, type TestedSecret } from "./secret-place.ts";

/** What `interlock init` says, line by line. `files` are where the root went. */

/** What the operator must know once the secret is stored. */
export const notes = (cluster: ClusterDefinition, place: SecretPlace, files: CaPair): readonly string[] => [
  `The CA of ${cluster.id} is made and tested.`,
  "",
  `  ${files.privateKey}`,
  "      KEEP OFFLINE, on a medium that no server reads. It is the root's private key: whoever has it can make a CA",
  `      that every node of ${cluster.id} trusts. Without it the issuing CA cannot be renewed.`,
  `  ${files.certificate}`,
  "      The root's certificate. It is public; keep it beside the key.",
  `  ${place.title}`,
  "      The cluster secret: the issuing CA's key and the key of join tokens. Only Interlock reads it.",
];

/** What to do when AWS may have stored it: the one store whose answer can be lost. */
export const doubts = (secret: TestedSecret, files: CaPair, { id }: ClusterDefinition): readonly string[] => [
  `run interlock check --cluster ${id} --store aws: it names generation ${generationOf(secret.snapshot)} where the secret is stored`,
  `the root of that generation is kept, offline from now on: ${files.certificate} and ${files.privateKey}`,
  "only where check names another generation or finds no secret may you remove both, and start again",
];

/** Cloudflare: 5 KB an environment variable. Two RSA certificates and their key are more. */
const MAX_VARIABLE_LENGTH = 5 * 1024;

export const sizeNotes = (secret: string): readonly string[] =>
  secret.length <= MAX_VARIABLE_LENGTH
    ? []
    : [
        "",
        "The secret is too large for a variable of a Worker on Cloudflare: keep it in AWS, or use an elliptic curve key.",
      ];
