import * as z from "zod/mini";
import { fromHex } from "../bytes.ts";
import { parseHost } from "../node/host.ts";
import { parseHostPattern, parseNamePattern } from "../node/node-patterns.ts";
import type { GeneralName } from "../pki/general-name.ts";
import { DURATION, formatDuration, parseDuration } from "./duration.ts";
import { isSecretName } from "./secret-name.ts";

/** The texts of a definition: each becomes its narrow type here, or is refused with what it must be. */

/** Seconds. */
export const DAY = 86_400;

/** A text that `parse` turns into its narrow type; `message` says what it must be, `source` what an editor can check of it. */
export const parsed = <T>(
  parse: (text: string) => T | null,
  message: string,
  source: z.ZodMiniString = z.string({ error: message }),
) =>
  z.pipe(
    source,
    z.transform((text: string, context): T => {
      const value = parse(text);
      if (value !== null) return value;
      context.issues.push({ code: "custom", message, input: text });
      return z.NEVER;
    }),
  );

/** The schema itself, of which the JSON Schema says this too: not for one that stands elsewhere with other words. */
export const annotated = <S extends z.ZodMiniType>(schema: S, meta: z.core.GlobalMeta): S => {
  z.globalRegistry.add(schema, meta);
  return schema;
};

export const described = <S extends z.ZodMiniType>(schema: S, description: string): S =>
  annotated(schema, { description });

export const duration = (min: number, max: number) => {
  const message = `must be a duration such as 15m, 36h or 30d, from ${formatDuration(min)} to ${formatDuration(max)}`;
  const within = (text: string): number | null => {
    const seconds = parseDuration(text);
    return seconds !== null && seconds >= min && seconds <= max ? seconds : null;
  };
  return parsed(within, message, z.string({ error: message }).check(z.regex(DURATION, { error: message })));
};

export const namePattern = described(
  parsed(
    parseNamePattern,
    "must be what stands left of the @, in lower case, where <n> may stand for a number: rabbit, emqx<n>",
  ),
  "What may stand left of the @, such as rabbit or emqx<n>: <n> is a number without leading zeros.",
);

export const hostPattern = described(
  parsed(
    parseHostPattern,
    "must be a host name in lower case, *.zone for one more label, <n> inside a label for a number, or an address block such as 10.20.0.0/16",
  ),
  "What may stand right of the @: a host, *.zone for one more label, <n> in a label for a number, or 10.20.0.0/16.",
);

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

export const extraName = parsed(
  parseNameOrWildcard,
  "must be a host name in lower case, an IP address, or a wildcard such as *.mq.svc.cluster.local",
);
export const nodeName = parsed(
  parseName,
  "must be a host name in lower case or an IP address; a wildcard belongs in extraNames",
);

export const blockedKey = parsed(
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

export const fraction = parsed(
  parseFraction,
  "must be a fraction of the lifetime from 1/4 to 9/10, such as 2/3",
);

export const secretName = annotated(
  z.string().check(
    z.refine(isSecretName, {
      error: "must be the name of a secret (letters, digits and /_+=.@-) or its complete ARN",
    }),
  ),
  { description: "Name or ARN of the cluster secret.", examples: ["interlock/rabbit-prod"] },
);
