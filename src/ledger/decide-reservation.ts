import { refuse, type Check, type Refusal } from "../refusal.ts";
import { ok, type Result } from "../result.ts";
import type { IssuedCertificate, PlannedCertificate, ReserveRequest } from "./ledger.ts";
import type { LedgerView, RecordedCertificate } from "./ledger-view.ts";
import { refuseGrace } from "./renewal.ts";
import { CHECKS, EXPIRED } from "./reservation-checks.ts";

export type Reservation =
  | { readonly kind: "fresh"; readonly plan: PlannedCertificate }
  | { readonly kind: "finish"; readonly serial: string; readonly tbs: Uint8Array<ArrayBuffer> }
  | { readonly kind: "replay"; readonly issued: IssuedCertificate };

export type ReservationDecision = Reservation | { readonly kind: "unplanned" };

/** Says what one request gets, from what is recorded. Pure: the caller applies the answer before anything else can happen. */
export const decideReservation = (
  request: ReserveRequest,
  view: LedgerView,
): Result<ReservationDecision, Refusal> => {
  for (const [, refusalOf] of CHECKS) {
    const refusal = refusalOf(request, view);
    if (refusal !== null) return refuse(refusal);
  }
  return answer(request, view);
};

/** What there is to have, where nothing is against it. */
const answer = (request: ReserveRequest, view: LedgerView): Result<ReservationDecision, Refusal> => {
  const earlier = earlierAnswer(request, view.recorded);
  if (earlier !== null) return ok(earlier);
  if (!request.credential.mayBind) return refuse(EXPIRED);
  const spent = view.renewal === null ? null : refuseGrace(request, view.renewal);
  if (spent !== null) return refuse(spent);
  if (request.plan === null) return ok({ kind: "unplanned" });
  return request.plan.ok ? ok({ kind: "fresh", plan: request.plan.value }) : request.plan;
};

/**
 * The same key gets the same bytes: until renewal is due or its own credential ends, whichever is later, and as long as peers trust
 * the root above them. The same proof of a renewal always gets the same bytes, also where it asked for a new certificate before the time.
 */
const earlierAnswer = (request: ReserveRequest, recorded: RecordedCertificate | null): Reservation | null => {
  if (recorded === null || !request.trustedRoots.includes(recorded.root)) return null;
  if (wantsAnother(request, recorded) && !recorded.ofThisProof) return null;
  if (recorded.state.kind === "issued") return { kind: "replay", issued: recorded.state.issued };
  // A plan names its issuer and its names: under another CA, or for names that are no longer granted, it is not finished.
  if (recorded.snapshotId !== request.snapshotId || !sameNames(recorded.names, request.names)) return null;
  return { kind: "finish", serial: recorded.serial, tbs: recorded.state.tbs };
};

const wantsAnother = (
  { now, early, credential }: ReserveRequest,
  { credentialId, renewAfter }: RecordedCertificate,
): boolean => {
  if (early) return true;
  // Evidence that is made anew for each request never ends, so it cannot outlast a renewal; a token can.
  const outlasts = credential.binding.kind === "first-use" && credential.mayBind;
  const ownCredentialLives = outlasts && credentialId === credential.id;
  return now >= renewAfter && !ownCredentialLives;
};

const sameNames = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((name, i) => name === b[i]);

/** Whether there is anything to have. */
const LAST = "certificate-can-be-made";

/** What each check says by itself, also after one that fails: for an explanation. */
export const reservationChecks = (request: ReserveRequest, view: LedgerView): readonly Check[] => {
  const answered = answer(request, view);
  return [
    ...CHECKS.map(([name, refusalOf]) => checked(name, refusalOf(request, view))),
    checked(LAST, answered.ok ? null : answered.error),
  ];
};

/** Their names, for a reservation that nothing is against. */
export const RESERVATION_CHECKS: readonly string[] = [...CHECKS.map(([name]) => name), LAST];

const checked = (name: string, refusal: Refusal | null): Check =>
  refusal === null ? { name, pass: true } : { name, pass: false, detail: refusal.detail };
