import * as z from "zod/mini";
import { lazy } from "../lazy.ts";
import { sha256Hex } from "../bytes.ts";
import { fillNodeTemplate } from "../node/node-template.ts";
import { refuse, type Refusal } from "../refusal.ts";
import { ok, type Result } from "../result.ts";
import { strictJson } from "../strict-json.ts";
import { plainAudience } from "./audience.ts";
import type { AuthenticationContext, Authenticator } from "./authenticator.ts";
import { ec2Subject, parseAssumedRole, type AssumedRole } from "./aws-arn.ts";
import { rebuildRequest, requestDefect } from "./aws-sts/signed-request.ts";
import type { StsTrust } from "./bootstrap.ts";
import type { EvidenceOf } from "./evidence.ts";
import { valueAt } from "./json-pointer.ts";
import { ask, type Fetch } from "./outside.ts";
import type { Principal } from "./principal.ts";

const LIMITS = { bytes: 16 * 1024, milliseconds: 3_000 };

/**
 * AWS's own word on who signed: a `GetCallerIdentity` that the node signed and we send. Two signed headers tie it to this cluster and to
 * this CSR, so a recorded one is good for its owner's key alone.
 */
export const awsSts = (fetch: Fetch, endpoint: string | null): Authenticator => ({
  authenticate: async (credential, context) => {
    const trust = context.cluster.bootstrap["aws-sts"];
    if (credential.scheme !== "evidence" || credential.evidence.method !== "aws-sts" || trust === null)
      return null;
    const { evidence } = credential;
    const defect = requestDefect(evidence, await demandOf(trust, context));
    if (defect !== null) return invalid(defect);
    const identity = await callerIdentity(fetch, evidence, endpoint);
    return identity.ok ? principalOf(identity.value, trust, context) : identity;
  },
});

const demandOf = async ({ regions }: StsTrust, { cluster, origin, csr, now }: AuthenticationContext) => ({
  regions,
  audience: plainAudience(origin, cluster.id),
  csrSha256: await sha256Hex(csr),
  now,
});

/** Exactly the shape of the one action that we ask for: an error, or the answer of another action, has none of it. */
const answerSchema = lazy(() =>
  z.object({
    GetCallerIdentityResponse: z.object({
      GetCallerIdentityResult: z.object({ Account: z.string(), Arn: z.string() }),
    }),
  }),
);

interface CallerIdentity {
  readonly account: string;
  readonly role: AssumedRole | null;
}

const callerIdentity = async (
  fetch: Fetch,
  evidence: EvidenceOf<"aws-sts">,
  endpoint: string | null,
): Promise<Result<CallerIdentity, Refusal>> => {
  const { url, init } = rebuildRequest(evidence, endpoint);
  const answer = await ask(fetch, url, init, LIMITS);
  if (answer === null || answer.status === 429 || answer.status >= 500) return unavailable();
  const json = strictJson(answer.body);
  if (json.ok && isThrottled(json.value)) return unavailable();
  const parsed = json.ok && answer.status === 200 ? answerSchema().safeParse(json.value).data : undefined;
  if (parsed === undefined) return invalid("AWS does not confirm the signature");
  const { Account, Arn } = parsed.GetCallerIdentityResponse.GetCallerIdentityResult;
  return ok({ account: Account, role: parseAssumedRole(Arn) });
};

/** AWS refuses what is too much with a 400 like any other (kubernetes-sigs/aws-iam-authenticator#382), which says nothing of the signature. */
const throttledSchema = lazy(() =>
  z.object({
    Error: z.object({ Code: z.literal(["Throttling", "ThrottlingException", "RequestLimitExceeded"]) }),
  }),
);

const isThrottled = (answer: unknown): boolean => throttledSchema().safeParse(answer).success;

/** Roles are compared by their whole ARN: the same name in another account is somebody else (CVE-2025-11621). */
const principalOf = (
  { account, role }: CallerIdentity,
  trust: StsTrust,
  { now }: AuthenticationContext,
): Result<Principal, Refusal> => {
  if (role === null || role.account !== account || !trust.accounts.includes(account))
    return invalid(
      "AWS says that the caller is no assumed role of an account that the cluster's definition lists",
    );
  const node = role.kind === "instance" ? instanceNode(role, trust) : (trust.roles.get(role.arn) ?? null);
  if (node === null) return invalid("the cluster's definition gives this caller no node name");
  const subject = role.kind === "instance" ? ec2Subject(role) : role.arn;
  return ok({
    kind: "aws-sts",
    id: subject,
    nodes: { exact: node },
    subject,
    binding: { kind: "csr" },
    uses: 1,
    expiresAt: now,
    expired: false,
    pin: null,
  });
};

const instanceNode = ({ instanceId }: { readonly instanceId: string }, { node }: StsTrust): string | null =>
  node === null
    ? null
    : (fillNodeTemplate(node, (pointer) => valueAt({ instanceId }, pointer))?.text ?? null);

const invalid = (detail: string): Result<never, Refusal> => refuse({ code: "credential-invalid", detail });

const unavailable = (): Result<never, Refusal> =>
  refuse({
    code: "issuer-unavailable",
    detail: "AWS STS does not answer at the moment; a retry is safe",
    retryAfterSeconds: 5,
  });
