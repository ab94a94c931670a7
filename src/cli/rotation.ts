import { sha256Hex } from "../bytes.ts";
import { loadSnapshot, parseClusterSecret, type ClusterSecret } from "../custody/cluster-secret.ts";
import type { CaSnapshot } from "../custody/snapshot.ts";
import { readPem, writePem } from "../pki/pem.ts";
import type { ClusterDefinition } from "../policy/definition.ts";
import { ok, type Result } from "../result.ts";
import type { IssuingRequest } from "./ca-certificates.ts";
import { renewIssuing, type CaPair } from "./ceremony.ts";
import { refused, type Complaint } from "./command.ts";
import { testedSecret, type TestedSecret } from "./secret-place.ts";

/** A cluster's secret as it is now, loaded as the Worker loads it. */
export interface PresentSecret {
  readonly document: ClusterSecret;
  readonly snapshot: CaSnapshot;
}

/** The secret that a step makes. */
type Step = Result<TestedSecret, Complaint>;

export const loadPresent = async (
  text: string,
  cluster: ClusterDefinition,
  now: number,
): Promise<Result<PresentSecret, Complaint>> => {
  const document = parseClusterSecret(text);
  if (!document.ok) return refused(document.error.detail);
  const snapshot = await loadSnapshot(text, cluster, now);
  return snapshot.ok
    ? ok({ document: document.value, snapshot: snapshot.value })
    : refused(`${cluster.id}: ${snapshot.error.detail}`);
};

/** **publish**: a new root joins those that nodes trust. What signs stays. */
export const publishRoot = async (
  { document, snapshot }: PresentSecret,
  root: CaPair,
  cluster: ClusterDefinition,
  now: number,
): Promise<Step> => {
  const { trustBundlePem, trustedRoots } = snapshot.ca;
  if (trustedRoots.length > 1)
    return refused(
      `a rotation of ${cluster.id} is under way: its nodes trust ${trustedRoots.length} roots; retire first`,
    );
  return testedSecret({ ...document, trustBundle: trustBundlePem + root.certificate }, cluster, now);
};

/** **sign**: an issuing CA under the new root takes over. The old root stays in the bundle, for the certificates under it. */
export const signUnder = async (
  { document, snapshot }: PresentSecret,
  root: CaPair,
  request: IssuingRequest,
  cluster: ClusterDefinition,
): Promise<Step> => {
  const issuing = await renewIssuing(root, request);
  if (!issuing.ok) return refused(issuing.error);
  const { certificate, privateKey } = issuing.value;
  const secret = await testedSecret({ ...document, certificate, privateKey }, cluster, request.now);
  if (!secret.ok) return secret;
  return secret.value.snapshot.ca.root === snapshot.ca.root
    ? refused("this root signs already: for a new issuing CA under it, interlock renew")
    : secret;
};

/** **retire**: every root leaves the bundle but the one above what signs. */
export const retireRoots = async (
  { document, snapshot }: PresentSecret,
  cluster: ClusterDefinition,
  now: number,
): Promise<Step> => {
  const { root, trustBundlePem, trustedRoots } = snapshot.ca;
  if (trustedRoots.length === 1)
    return refused(`the nodes of ${cluster.id} trust one root, which signs: there is none to retire`);
  const staying = (await rootsOf(trustBundlePem)).filter(({ sha256 }) => sha256 === root);
  const trustBundle = staying.map(({ pem }) => pem).join("");
  return testedSecret({ ...document, trustBundle }, cluster, now);
};

/** Each certificate of a bundle that has passed its test. */
const rootsOf = async (
  bundle: string,
): Promise<readonly { readonly sha256: string; readonly pem: string }[]> => {
  const blocks = readPem(bundle, "blank");
  if (!blocks.ok) throw new Error("a tested bundle is no PEM");
  return Promise.all(
    blocks.value.map(async ({ der }) => ({
      sha256: await sha256Hex(der),
      pem: writePem("CERTIFICATE", der),
    })),
  );
};
