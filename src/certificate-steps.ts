import { namesOf, type Issuance } from "./bundle-steps.ts";
import type {
  IssuedCertificate,
  PlannedCertificate,
  ReserveOutcome,
  ReserveRequest,
} from "./ledger/ledger.ts";
import type { VerifiedKey } from "./pki/key.ts";
import { lintRecorded, type LintedTbs } from "./pki/lint.ts";
import { planCertificate, type CertificatePlan } from "./pki/plan.ts";
import { signCertificate } from "./pki/sign.ts";
import type { Grant } from "./policy/grant.ts";
import { renewAfter } from "./policy/renew-time.ts";
import { refuse, type Refusal } from "./refusal.ts";
import { ok, type Result } from "./result.ts";
import { metSnapshot } from "./revocation-list.ts";

/** The steps of `bundle.ts` that make a certificate: plan, record, sign. */

/** What a certificate is wanted for, and what else it takes up. */
export interface Application {
  readonly issuance: Issuance;
  readonly grant: Grant;
  readonly key: VerifiedKey;
  readonly exclusivePorts: readonly number[];
}

/** What could be made now. A refusal goes to the ledger as well: what was made before may still be had. */
export const planFor = ({
  issuance: { snapshot, world },
  grant,
  key,
}: Application): Promise<Result<CertificatePlan, Refusal>> =>
  planCertificate({
    names: grant.names,
    host: grant.node.host.text,
    lifetime: grant.lifetime,
    key,
    ca: snapshot.ca,
    now: world.now,
    random: world.random,
  });

/** The ledger's answer, with the linter's word on the plan where one was made. */
type Answered = Exclude<ReserveOutcome, { kind: "unplanned" }> & { readonly linted: LintedTbs | null };

/**
 * What the ledger says without a plan of a key that this isolate has served: it gives what was made before, and nothing had to be planned
 * (an eighth of a retry, `npm run bench`), or refuses as it would with a plan. `null` for other keys, and where only a plan can tell;
 * nothing has changed then.
 */
export const recall = async (application: Application): Promise<Answered | null> => {
  if (!mayHaveOne(application)) return null;
  const outcome = await askLedger(application, null);
  return outcome.kind === "unplanned" ? null : { ...outcome, linted: null };
};

/** A guess that saves work and decides nothing: the ledger answers by what it holds. A renewal wants what was not there before. */
const mayHaveOne = ({ issuance, key }: Application): boolean =>
  issuance.world.served.get(servedName(issuance, key)) === true &&
  issuance.principal.binding.kind !== "possession" &&
  !issuance.request.options.dryRun;

const servedName = ({ request: { cluster, node } }: Issuance, { spkiSha256 }: VerifiedKey): string =>
  `${cluster.id} ${node.text} ${spkiSha256}`;

export const reserve = async (
  application: Application,
  plan: Result<CertificatePlan, Refusal>,
): Promise<Answered> => {
  const { grant } = application;
  const outcome = await askLedger(application, plan.ok ? ok(planned(plan.value, grant)) : plan);
  if (outcome.kind === "unplanned") throw new Error("the ledger asks for a plan that it has been given");
  return { ...outcome, linted: plan.ok ? plan.value.linted : null };
};

const askLedger = (
  {
    issuance: {
      request: { cluster, node, options },
      principal,
      snapshot,
      world,
    },
    grant,
    key,
    exclusivePorts,
  }: Application,
  plan: ReserveRequest["plan"],
): Promise<ReserveOutcome> =>
  world.ledgerOf(cluster.id).reserve({
    ...metSnapshot(snapshot, world.now),
    node: node.text,
    spkiSha256: key.spkiSha256,
    names: namesOf(grant),
    plan,
    credential: {
      kind: principal.kind,
      id: principal.id,
      uses: principal.uses,
      binding: principal.binding,
      expiresAt: principal.expiresAt,
      mayBind: !principal.expired,
      namesNode: principal.kind === "token" && "exact" in principal.nodes,
      holder: principal.subject ?? `key:${key.spkiSha256}`,
    },
    early: options.renewNow,
    graceUses: cluster.renewal.graceUses,
    host: node.host.text,
    exclusivePorts,
    dryRun: options.dryRun,
  });

const planned = (
  { serial, notBefore, notAfter, tbs }: CertificatePlan,
  { cluster, node }: Grant,
): PlannedCertificate => ({
  serial,
  notBefore,
  notAfter,
  renewAfter: renewAfter(cluster, node.text, notBefore, notAfter),
  tbs,
});

/** Signs what was reserved, or takes what was recorded: the ledger's word is what leaves. */
export const certify = async (
  { issuance, key }: Application,
  reserved: Exclude<Answered, { kind: "refused" }>,
): Promise<Result<IssuedCertificate, Refusal>> => {
  const {
    request: { cluster },
    snapshot: { ca },
    world,
  } = issuance;
  // Before it is recorded: who finishes what a fault left needs no plan either.
  world.served.set(servedName(issuance, key), true);
  if (reserved.kind === "replay") return ok(reserved.issued);
  const signed = await signCertificate(await lintRecorded(reserved.tbs, ca, reserved.linted));
  const issued = await world.ledgerOf(cluster.id).complete({
    now: world.now,
    serial: reserved.serial,
    sha256: signed.sha256,
    chain: signed.pem + ca.chainPem,
  });
  return issued === null
    ? refuse({ code: "revoked", detail: "the node was revoked while its certificate was being made" })
    : ok(issued);
};
