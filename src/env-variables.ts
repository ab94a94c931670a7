import * as z from "zod/mini";
import { AWS_ENDPOINT_RULE, isAwsEndpoint } from "./custody/aws-endpoint.ts";

/** The shape of the Worker's variables, one by one. Rules that span variables are in `env.ts`. */

const seconds = (fallback: number) =>
  z._default(
    z.pipe(
      z.string().check(z.regex(/^[0-9]{1,6}$/, { error: "must be a whole number of seconds" })),
      z.transform(Number),
    ),
    fallback,
  );

const text = (holds: (text: string) => boolean, error: string) =>
  z.optional(z.string().check(z.refine(holds, { error })));

const isOrigin = (text: string): boolean => URL.canParse(text) && new URL(text).origin === text;

const isLong = (text: string): boolean => text.length >= 32;
const LONG = "must be at least 32 characters, from 32 random bytes";

/** Notices name nodes, and are posted from inside: TLS, or this machine. */
const isNotifyUrl = (text: string): boolean => {
  const url = URL.parse(text);
  if (url === null || url.username !== "" || url.password !== "") return false;
  return (
    url.protocol === "https:" ||
    (url.protocol === "http:" && ["localhost", "127.0.0.1"].includes(url.hostname))
  );
};

const common = () => ({
  ADMIN_TOKEN: text(isLong, LONG),
  PUBLIC_ORIGIN: text(isOrigin, "must be scheme and host alone, such as https://interlock.example.com"),
  NOTIFY_URL: text(isNotifyUrl, "must be an https:// URL; http:// is for localhost alone"),
  NOTIFY_KEY: text(isLong, LONG),
  AWS_ENDPOINT_URL_STS: z.optional(z.url()),
  CA_CACHE_SECONDS: seconds(300),
  CA_STALE_SECONDS: seconds(3600),
});

const embedded = () =>
  z.object({ CA_STORE: z.literal("embedded", { error: "must be embedded or aws" }), ...common() });

const required = (): z.ZodMiniString => {
  const error = "must be set for CA_STORE=aws";
  return z.string({ error }).check(z.minLength(1, { error }));
};

const aws = () =>
  z.object({
    CA_STORE: z.literal("aws"),
    AWS_REGION: required(),
    AWS_ACCESS_KEY_ID: required(),
    AWS_SECRET_ACCESS_KEY: required(),
    AWS_SESSION_TOKEN: text((given) => given !== "", "must not be empty: leave it out"),
    AWS_ENDPOINT_URL: text(isAwsEndpoint, AWS_ENDPOINT_RULE),
    ...common(),
  });

export type Variables = z.infer<ReturnType<typeof embedded>> | AwsVariables;
export type AwsVariables = z.infer<ReturnType<typeof aws>>;

/** The variables of a deployment whose `CA_STORE` this is. Made when asked for: a cold isolate needs one of the two. */
export const variablesSchema = (store: unknown): z.ZodMiniType<Variables> =>
  store === "aws" ? aws() : embedded();
