import { isDigest } from "../auth/digest.ts";
import type { Pin } from "../auth/principal.ts";
import { parseNodeName } from "../node/node-name.ts";
import { refuse, type Refusal } from "../refusal.ts";
import { ok, type Result } from "../result.ts";
import { nodeAllowed } from "./decide.ts";
import type { ClusterDefinition } from "./definition.ts";
import { parseDuration } from "./duration.ts";
import { formWithin, parseNodeForm } from "../node/node-form.ts";

/** What an administrator asks of a join token, as the API's body and the CLI's flags spell it. */
export interface TokenWish {
  readonly node?: string | undefined;
  readonly nodes?: string | undefined;
  readonly uses?: number | undefined;
  readonly lifetime?: string | undefined;
  readonly csrSha256?: string | undefined;
  readonly jkt?: string | undefined;
}

/** A join token that the cluster's policy allows. */
export interface TokenGrant {
  readonly nodes: { readonly exact: string } | { readonly form: string };
  readonly uses: number;
  /** Seconds. */
  readonly lifetime: number;
  readonly pin: Pin | null;
}

const DEFAULT_LIFETIME = 3600;
/** A join token is for one boot wave, not for a year of them. */
const MAX_USES = 10_000;

/**
 * Checks a wish against the cluster's definition. Refuses with `malformed-request` (a member is wrong), `node-not-allowed`
 * (the token would reach beyond the definition) or `option-invalid` (the cluster takes no tokens).
 */
export const parseTokenRequest = (
  wish: TokenWish,
  cluster: ClusterDefinition,
): Result<TokenGrant, Refusal> => {
  const { token } = cluster.bootstrap;
  if (token === null)
    return refuse({
      code: "option-invalid",
      field: "method",
      detail: "this cluster takes no join tokens; its definition lists none under bootstrap",
    });
  const lifetime =
    wish.lifetime === undefined
      ? Math.min(DEFAULT_LIFETIME, token.maxLifetime)
      : parseDuration(wish.lifetime);
  if (lifetime === null || lifetime < 1 || lifetime > token.maxLifetime)
    return malformed(
      "lifetime",
      "the lifetime must be a duration such as 1h, at most the definition's maxLifetime",
    );
  const uses = wish.uses ?? 1;
  if (!Number.isInteger(uses) || uses < 1 || uses > MAX_USES)
    return malformed("uses", `uses must be a whole number from 1 to ${String(MAX_USES)}`);
  const pin = parsePin(wish);
  if (!pin.ok) return pin;
  const nodes = parseNodes(wish, uses, cluster);
  return nodes.ok ? ok({ nodes: nodes.value, uses, lifetime, pin: pin.value }) : nodes;
};

const parsePin = ({ csrSha256, jkt }: TokenWish): Result<Pin | null, Refusal> => {
  if (csrSha256 !== undefined && jkt !== undefined)
    return malformed("jkt", "pin either a CSR or, with jkt, a key");
  if (csrSha256 !== undefined)
    return /^[0-9a-f]{64}$/.test(csrSha256)
      ? ok({ csrSha256 })
      : malformed("csrSha256", "csrSha256 must be 64 lower-case hexadecimal digits");
  if (jkt === undefined) return ok(null);
  return isDigest(jkt)
    ? ok({ jkt })
    : malformed("jkt", "jkt must be a JWK thumbprint (RFC 7638): a SHA-256 in base64url, 43 characters");
};

const parseNodes = (
  { node, nodes }: TokenWish,
  uses: number,
  cluster: ClusterDefinition,
): Result<TokenGrant["nodes"], Refusal> => {
  if ((node === undefined) === (nodes === undefined))
    return malformed("node", "name either one node or, with nodes, a form such as rabbit@*.zone");
  if (node !== undefined)
    return uses === 1 ? exactNode(node, cluster) : malformed("uses", "a token for one node has one use");
  const form = parseNodeForm(nodes ?? "");
  if (form === null)
    return malformed(
      "nodes",
      "a form is name@*.zone: one name, and any host exactly one label below the zone",
    );
  if (formWithin(form, cluster.nodes)) return ok({ form: form.text });
  return refuse({
    code: "node-not-allowed",
    field: "nodes",
    detail: "the form reaches beyond the node names that the cluster's definition allows",
  });
};

const exactNode = (text: string, cluster: ClusterDefinition): Result<TokenGrant["nodes"], Refusal> => {
  const node = parseNodeName(text);
  if (!node.ok) return malformed("node", node.error.detail);
  const allowed = nodeAllowed(cluster, node.value);
  return allowed.ok ? ok({ exact: node.value.text }) : allowed;
};

const malformed = (field: string, detail: string): Result<never, Refusal> =>
  refuse({ code: "malformed-request", field, detail });
