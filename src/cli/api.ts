import type * as z from "zod";
import { utf8 } from "../bytes.ts";
import { ok, type Result } from "../result.ts";
import { isSecureUrl } from "../secure-url.ts";
import { strictJson } from "../strict-json.ts";
import { misused, refused, type Complaint } from "./command.ts";
import type { World } from "./world.ts";

/** Commands that act on a running deployment rather than on secrets. */
export const API_OPTIONS = { url: { type: "string" } } as const;

export const API_HELP = `  --url URL          the API's address (default: PUBLIC_ORIGIN)
  ADMIN_TOKEN        the administrator's secret, from the environment
`;

export interface ApiQuestion {
  readonly url?: string | undefined;
  /** Each is one segment of the path. */
  readonly path: readonly string[];
  readonly query?: Readonly<Record<string, string>>;
}

export interface ApiCall extends ApiQuestion {
  readonly body: unknown;
}

const TIMEOUT_MS = 60_000;

/** Posts as the administrator and reads the JSON of the reply; answers the API's own sentence where it refuses. */
export const postAsAdministrator = <T>(
  { body, ...question }: ApiCall,
  schema: z.ZodType<T>,
  world: World,
): Promise<Result<T, Complaint>> =>
  askAsAdministrator(question, { method: "POST", body: JSON.stringify(body) }, schema, world);

/** As {@link postAsAdministrator}, and changes nothing. */
export const getAsAdministrator = <T>(
  question: ApiQuestion,
  schema: z.ZodType<T>,
  world: World,
): Promise<Result<T, Complaint>> => askAsAdministrator(question, { method: "GET" }, schema, world);

interface Asking {
  readonly method: string;
  readonly body?: string;
}

const askAsAdministrator = async <T>(
  { url, path, query = {} }: ApiQuestion,
  asking: Asking,
  schema: z.ZodType<T>,
  world: World,
): Promise<Result<T, Complaint>> => {
  const origin = parseOrigin(url ?? world.env["PUBLIC_ORIGIN"]);
  if (!origin.ok) return origin;
  const token = world.env["ADMIN_TOKEN"];
  if (token === undefined || token === "")
    return misused("put the administrator's secret into ADMIN_TOKEN; arguments are seen by everybody");
  const address = new URL(path.map(encodeURIComponent).join("/"), origin.value);
  for (const [name, value] of Object.entries(query)) address.searchParams.set(name, value);
  const reply = await send(address.href, token, asking, world);
  if (reply === null) return refused(`${origin.value} did not answer; the same command again is safe`);
  if (reply.status !== 200) return refused(sentenceOf(reply, origin.value));
  const json = strictJson(utf8(reply.text));
  const answer = json.ok ? schema.safeParse(json.value) : null;
  return answer?.success ? ok(answer.data) : refused("the API's answer is not one that this version knows");
};

interface Reply {
  readonly status: number;
  readonly text: string;
}

/** The API's own sentence. What stands before it may answer in its place, and say nothing. */
const sentenceOf = ({ status, text }: Reply, origin: string): string => {
  const [line = ""] = text.trim().split("\n");
  if (line !== "") return line;
  const mayPass = status >= 500 ? "; the same command again is safe" : "";
  return `${origin} answered with HTTP status ${status} and not a word${mayPass}`;
};

const send = async (url: string, token: string, asking: Asking, { fetch }: World): Promise<Reply | null> => {
  try {
    const response = await fetch(url, {
      ...asking,
      headers: {
        Authorization: `Bearer ${token}`,
        "Content-Type": "application/json",
        Accept: "application/json, text/plain",
      },
      redirect: "error",
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    return { status: response.status, text: await response.text() };
  } catch {
    return null;
  }
};

/** Scheme and authority. The administrator's secret goes over TLS, or stays on this machine. */
const parseOrigin = (text: string | undefined): Result<string, Complaint> => {
  if (text === undefined)
    return misused("name the API's address: --url https://interlock.example.com, or PUBLIC_ORIGIN");
  const url = URL.parse(text);
  return url !== null && isSecureUrl(url)
    ? ok(url.origin)
    : misused("--url must be https://…; http:// is for localhost alone");
};
