import * as z from "zod";
import { fromHex } from "../bytes.ts";
import { parseHost } from "../node/host.ts";
import type { GeneralName } from "../pki/general-name.ts";
import { KEY_TYPES } from "../pki/key.ts";
import { MIN_LIFETIME, type Product } from "./definition.ts";
import { DURATION, formatDuration, parseDuration } from "./duration.ts";
import { parseHostPattern, parseNamePattern } from "../node/node-patterns.ts";
import { renderSettingsSchema } from "./render-settings.ts";
import { isSecretName } from "./secret-name.ts";

/**
 * The shape of `infra/clusters.json`, member by member. Every text becomes its narrow type here; rules that span members are
 * in `clusters.ts`. The JSON Schema that editors read is made from this (`npm run schema`).
 */

const HOUR = 3600;
const DAY = 24 * HOUR;

/** A text that `parse` turns into its narrow type; `message` says what it must be. */
const parsed = <T>(parse: (text: string) => T | null, message: string) =>
  z.string({ error: message }).transform((text, context): T => {
    const value = parse(text);
    if (value !== null) return value;
    context.issues.push({ code: "custom", message, input: text });
    return z.NEVER;
  });

const duration = (min: number, max: number) => {
  const message = `must be a duration such as 15m, 36h or 30d, from ${formatDuration(min)} to ${formatDuration(max)}`;
  const within = (text: string): number | null => {
    const seconds = parseDuration(text);
    return seconds !== null && seconds >= min && seconds <= max ? seconds : null;
  };
  return z
    .string({ error: message })
    .regex(DURATION, { error: message, abort: true })
    .pipe(parsed(within, message));
};

const namePattern = parsed(
  parseNamePattern,
  "must be what stands left of the @, in lower case, where <n> may stand for a number: rabbit, emqx<n>",
).meta({
  description:
    "What may stand left of the @, such as rabbit or emqx<n>: <n> is a number without leading zeros.",
});

const hostPattern = parsed(
  parseHostPattern,
  "must be a host name in lower case, *.zone for one more label, <n> inside a label for a number, or an address block such as 10.20.0.0/16",
).meta({
  description:
    "What may stand right of the @: a host, *.zone for one more label, <n> in a label for a number, or 10.20.0.0/16.",
});

const parseName = (text: string): GeneralName | null => {
  const host = parseHost(text);
  return host && { type: host.kind === "ip" ? "ip" : "dns", value: text };
};

/** A wildcard is the whole first label and needs two labels below it (RFC 6125 §6.4.3). */
const parseNameOrWildcard = (text: string): GeneralName | null => {
  if (!text.startsWith("*.")) return parseName(text);
  const zone = parseHost(text.slice(2));
  return zone?.kind === "name" && zone.labels.length > 1 && parseHost(`a.${zone.text}`) !== null
    ? { type: "dns", value: text }
    : null;
};

const extraName = parsed(
  parseNameOrWildcard,
  "must be a host name in lower case, an IP address, or a wildcard such as *.mq.svc.cluster.local",
);
const nodeName = parsed(
  parseName,
  "must be a host name in lower case or an IP address; a wildcard belongs in extraNames",
);

const blockedKey = parsed(
  (text) => (text.length === 64 && fromHex(text) !== null ? text : null),
  "must be the SHA-256 of a SubjectPublicKeyInfo, 64 lower-case hexadecimal digits",
);

/** `2/3`. The limits keep the jittered time inside the lifetime, with a tenth of it left to retry. */
const parseFraction = (text: string): number | null => {
  if (!/^[1-9][0-9]{0,2}\/[1-9][0-9]{0,2}$/.test(text)) return null;
  const [numerator, denominator] = text.split("/").map(Number);
  const fraction = (numerator ?? 0) / (denominator ?? 1);
  return fraction >= 1 / 4 && fraction <= 9 / 10 ? fraction : null;
};

const described = <S extends z.ZodType>(schema: S, description: string): S => schema.meta({ description });

const certificate = z.strictObject({
  lifetime: described(
    duration(MIN_LIFETIME, 398 * DAY).prefault("30d"),
    "How long a certificate lives unless the caller asks for less or more.",
  ),
  maxLifetime: described(
    duration(MIN_LIFETIME, 398 * DAY).prefault("90d"),
    "The most that a caller may ask for.",
  ),
  keys: z
    .array(z.enum(KEY_TYPES, { error: `must be one of ${KEY_TYPES.join(", ")}` }))
    .min(1, { error: "must accept at least one key type" })
    .prefault(["ec-p256", "ec-p384", "rsa-2048", "rsa-3072", "rsa-4096"]),
  extraNames: described(
    z.array(extraName).prefault([]),
    "Names that every certificate of the cluster carries; the only place of a wildcard.",
  ),
  nodeNames: described(
    z.record(z.string(), z.array(nodeName)).prefault({}),
    "Extra names of single nodes, by full node name.",
  ),
  blockedKeys: described(
    z.array(blockedKey).prefault([]),
    "SHA-256 of the SubjectPublicKeyInfo of keys that are refused, in hex.",
  ),
});

const nodes = z.strictObject({
  names: z.array(namePattern).min(1, { error: "must have at least one name" }),
  hosts: z.array(hostPattern).min(1, { error: "must have at least one host" }),
});

const ca = z.strictObject({
  secret: z
    .string()
    .refine(isSecretName, { error: "must be the name of a secret (letters, digits and /_+=.@-) or its ARN" })
    .meta({ description: "Name or ARN of the cluster secret.", examples: ["interlock/rabbit-prod"] }),
  sharedCa: described(
    z.boolean().prefault(false),
    "Two clusters that name one secret must both say so: each can then enter the other.",
  ),
});

const bootstrap = z.strictObject({
  method: z.literal("token", { error: "must be token" }),
  maxLifetime: described(duration(60, 30 * DAY).prefault("1h"), "The longest life of a join token."),
});

const renewal = z.strictObject({
  after: described(
    parsed(parseFraction, "must be a fraction of the lifetime from 1/4 to 9/10, such as 2/3").prefault("2/3"),
    "The fraction of the lifetime after which a node renews.",
  ),
  graceAfterExpiry: described(
    duration(0, 90 * DAY).prefault("0s"),
    "How long an expired certificate still renews with its own key.",
  ),
  graceUses: described(z.int().min(1).max(100).prefault(1), "How many times a node may renew so."),
});

const clusterOf = <P extends Product>(product: P) =>
  z.strictObject({
    product: z.literal(product),
    nodes,
    ca,
    certificate: certificate.prefault({}),
    bootstrap: described(
      z.array(bootstrap).max(1, { error: "must name each method once" }),
      "The credential kinds that the cluster accepts for a first certificate.",
    ),
    renewal: renewal.prefault({}),
    render: renderSettingsSchema(product).prefault({}),
  });

const cluster = z.discriminatedUnion(
  "product",
  [clusterOf("rabbitmq"), clusterOf("emqx"), clusterOf("mongooseim"), clusterOf("erlang")],
  { error: "must be an object whose product is rabbitmq, emqx, mongooseim or erlang" },
);

const clusterId = z
  .string()
  .regex(/^[a-z0-9-]{1,63}$/, { error: "must be 1 to 63 characters of a-z, 0-9 and -" });

export const clustersSchema = z.strictObject({
  $schema: z.string().optional(),
  clusters: z
    .record(clusterId, cluster)
    .refine((clusters) => Object.keys(clusters).length > 0, { error: "must have at least one cluster" }),
});

/** One entry of the document, parsed but not yet held against the rules of `clusters.ts`. */
export type ClusterEntry = z.output<typeof cluster>;
