import type { CrlFile } from "./bundle-contract.ts";
import type { Custody } from "./custody/custody.ts";
import type { CaSnapshot } from "./custody/snapshot.ts";
import { CRL_LIFETIME_SECONDS } from "./ledger/crl.ts";
import type { MetSnapshot } from "./ledger/generation.ts";
import type { Ledger } from "./ledger/ledger.ts";
import type { CrlIssuer, StoredCrl } from "./ledger/revocation.ts";
import { signCrl } from "./pki/crl.ts";
import type { IssuingCa } from "./pki/issuing-ca.ts";
import { writePem } from "./pki/pem.ts";
import type { ClusterDefinition } from "./policy/definition.ts";
import type { Refusal } from "./refusal.ts";
import { ok, type Result } from "./result.ts";

/**
 * The CRL of a CA, made when somebody asks and what is stored is old or does not say everything (docs/adr/0013-crl-on-demand.md):
 * the ledger plans and remembers, this side signs, because the CA's key never goes to the ledger.
 */
export const currentCrl = async (
  cluster: ClusterDefinition,
  ca: IssuingCa,
  ledger: Ledger,
  now: number,
): Promise<StoredCrl> => {
  const issuer = crlIssuer(ca);
  const lifetime = crlLifetime(cluster);
  const outcome = await ledger.crlOrPlan({ now, issuer, lifetime, notAfter: ca.notAfter });
  if (outcome.kind === "current") return outcome.crl;
  const { revocations, ...content } = outcome.plan;
  const { number, thisUpdate, nextUpdate } = content;
  const der = await signCrl(content, ca);
  return ledger.recordCrl({ crl: { issuer, number, thisUpdate, nextUpdate, der }, revocations });
};

/**
 * As long as a certificate can live. So the file that came with a node's bundle holds until the node renews, and the last CRL of an
 * issuer that was replaced outlives what it signed. A longer life costs nothing: a revoked certificate ends by itself as soon.
 */
const crlLifetime = ({ certificate }: ClusterDefinition): number =>
  Math.max(CRL_LIFETIME_SECONDS, certificate.maxLifetime);

/**
 * The cluster's CRL. While the CA cannot be had, the newest that was signed before, which may lack the latest revocations, but never
 * one past its `nextUpdate`; refuses as the custody does where there is none.
 */
export const clusterCrl = async (
  cluster: ClusterDefinition,
  world: { readonly custody: Custody; readonly ledger: Ledger; readonly now: number },
): Promise<Result<StoredCrl, Refusal>> => {
  const snapshot = await world.custody.snapshot(cluster, world.now);
  if (snapshot.ok) return ok(await currentCrl(cluster, snapshot.value.ca, world.ledger, world.now));
  const [newest] = await world.ledger.liveCrls(world.now);
  return newest === undefined ? snapshot : ok(newest);
};

/** The CRLs that a node needs: its own issuer's, and those of earlier issuers whose certificates live on. */
export const crlsForNode = async (
  cluster: ClusterDefinition,
  ca: IssuingCa,
  ledger: Ledger,
  now: number,
): Promise<readonly CrlFile[]> => {
  await currentCrl(cluster, ca, ledger, now);
  const crls = await ledger.liveCrls(now);
  return crls.map((crl, i) => {
    const namesakes = crls.slice(0, i).filter(({ issuer }) => issuer.nameHash === crl.issuer.nameHash);
    return { name: crlFileName(crl.issuer, namesakes.length), pem: crlPem(crl) };
  });
};

export const crlPem = ({ der }: StoredCrl): string => writePem("X509 CRL", der);

/** A snapshot as the ledger counts it. */
export const metSnapshot = ({ id, ca }: CaSnapshot, now: number): MetSnapshot => ({
  now,
  snapshotId: id,
  root: ca.root,
  trustedRoots: ca.trustedRoots,
  issuer: crlIssuer(ca),
});

export const crlIssuer = ({ nameHash, spkiSha256 }: IssuingCa): CrlIssuer => ({ nameHash, spkiSha256 });

/** What folders of CRLs name the file by (`erlang.md` §12): the hash of the issuer's name, and a count for issuers that share one. */
export const crlFileName = ({ nameHash }: CrlIssuer, count = 0): string => `${nameHash}.r${count}`;
