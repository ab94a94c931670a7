import * as z from "zod/mini";
import { fromBase64, sha256Hex, utf8 } from "../bytes.ts";
import { canIssue } from "../pki/can-issue.ts";
import type { GeneralName } from "../pki/general-name.ts";
import type { IssuingCa } from "../pki/issuing-ca.ts";
import { loadIssuingCa, type CaDefect } from "../pki/load-issuing-ca.ts";
import { areWithin } from "../pki/name-constraints.ts";
import type { ClusterDefinition } from "../policy/definition.ts";
import { err, ok, type Result } from "../result.ts";
import { JSON_DEFECTS, strictJson } from "../strict-json.ts";
import type { CaSnapshot } from "./snapshot.ts";

/** The cluster secret, version 1 (`clusters.md`): everything private about a cluster, in one document. */
export interface ClusterSecret {
  readonly version: 1;
  /** PEM: the issuing certificate, then any further intermediates, leaf-most first, no root. */
  readonly certificate: string;
  /** PEM. */
  readonly privateKey: string;
  /** PEM: every root that peers must trust now. */
  readonly trustBundle: string;
  /** Base64 of 32 bytes. */
  readonly tokenKey: string;
  readonly cookie?: string | undefined;
}

/** Why a secret cannot be used. `detail` is a sentence of ours and holds nothing of the secret. */
export interface SecretDefect {
  readonly reason: CaDefect["reason"] | "not-json" | "wrong-shape" | "names-excluded";
  readonly detail: string;
}

const TOKEN_KEY_BYTES = 32;
/** What every way of rendering can print without quotes (`erlang.md` §13); an atom has at most 255 characters. */
const COOKIE = /^[A-Za-z0-9_-]{1,255}$/;

const pem = (name: string) =>
  z
    .string({ error: `${name} must be PEM text` })
    .check(z.minLength(1, { error: `${name} must not be empty` }));

const secretSchema = z.strictObject(
  {
    version: z.literal(1, { error: "version must be 1" }),
    certificate: pem("certificate"),
    privateKey: pem("privateKey"),
    trustBundle: pem("trustBundle"),
    tokenKey: z.string({ error: "tokenKey must be base64" }).check(
      z.refine((text) => fromBase64(text)?.length === TOKEN_KEY_BYTES, {
        error: "tokenKey must be the base64 of 32 bytes",
      }),
    ),
    cookie: z.optional(
      z.string().check(z.regex(COOKIE, { error: "cookie must be 1 to 255 of A-Z, a-z, 0-9, _ and -" })),
    ),
  },
  {
    error:
      "it must be an object with version, certificate, privateKey, trustBundle, tokenKey and, if wanted, cookie",
  },
);

/**
 * Tests a version of a cluster's secret and makes the snapshot that requests use. `now` is epoch seconds. Refuses what is not the
 * document, what `loadIssuingCa` refuses, a CA in its last hour, and one whose name constraints exclude names that the cluster's definition promises.
 */
export const loadSnapshot = async (
  text: string,
  cluster: ClusterDefinition,
  now: number,
): Promise<Result<CaSnapshot, SecretDefect>> => {
  const secret = parseClusterSecret(text);
  if (!secret.ok) return secret;
  const ca = await loadIssuingCa(secret.value, now);
  if (!ca.ok) return ca;
  if (!canIssue(ca.value, now)) return endsTooSoon();
  if (!areWithin(promisedNames(cluster), ca.value.nameConstraints)) return namesExcluded();
  return ok({
    id: await snapshotId(ca.value),
    ca: ca.value,
    tokenKey: await importTokenKey(secret.value.tokenKey),
    cookie: secret.value.cookie ?? null,
  });
};

/** Only the shape: what is inside the PEM is tested by {@link loadSnapshot}. */
export const parseClusterSecret = (text: string): Result<ClusterSecret, SecretDefect> => {
  const json = strictJson(utf8(text));
  if (!json.ok) {
    const reason = json.error === "unreadable" ? "not-json" : "wrong-shape";
    return err({ reason, detail: `the secret ${JSON_DEFECTS[json.error]}` });
  }
  const parsed = secretSchema.safeParse(json.value);
  if (parsed.success) return ok(parsed.data);
  // Messages of the schema are ours; the issue's input, which is the secret, stays behind.
  return err({
    reason: "wrong-shape",
    detail: `the secret is not a cluster secret: ${parsed.error.issues[0]?.message ?? ""}`,
  });
};

/** What the definition promises every node, and single nodes: a pattern stands for all its hosts, as a wildcard does. */
const promisedNames = ({ nodes, certificate }: ClusterDefinition): readonly GeneralName[] => [
  ...nodes.hosts.map(({ text }): GeneralName => ({ type: "dns", value: text })),
  ...certificate.extraNames,
  ...[...certificate.nodeNames.values()].flat(),
];

const endsTooSoon = (): Result<never, SecretDefect> =>
  err({
    reason: "validity",
    detail: "the issuing CA ends within the hour, so it signs nothing any more; give it a successor",
  });

const namesExcluded = (): Result<never, SecretDefect> =>
  err({
    reason: "names-excluded",
    detail:
      "the CA's name constraints exclude names that the cluster's definition promises; make a CA for this definition",
  });

const snapshotId = ({ chainPem, trustBundlePem }: IssuingCa): Promise<string> =>
  sha256Hex(`${chainPem}\0${trustBundlePem}`);

const importTokenKey = (tokenKey: string): Promise<CryptoKey> =>
  // The schema has checked that it decodes.
  crypto.subtle.importKey(
    "raw",
    fromBase64(tokenKey) ?? new Uint8Array(),
    { name: "HMAC", hash: "SHA-256" },
    false,
    ["sign", "verify"],
  );
