import { isAfterExpiry } from "../auth/principal.ts";
import { isDeliveryNew, noteDelivery } from "./acknowledge.ts";
import { appendEvent } from "./events.ts";
import { decideReservation, reservationChecks, type Reservation } from "./decide-reservation.ts";
import { nextGeneration, publishGeneration } from "./generation.ts";
import type { LedgerView } from "./ledger-view.ts";
import type { PlannedCertificate, ReserveOutcome, ReserveRequest } from "./ledger.ts";
import { holderAfter } from "./renewal.ts";
import type { Refusal } from "../refusal.ts";
import { viewOf } from "./reservation-view.ts";
import { run, type Sql, type Transact } from "./sql.ts";

/** A replay is remembered at most this often per certificate, so that a polling client cannot fill the ledger. */
const REPLAY_EVENT_SECONDS = 3600;

/**
 * The atomic step of the issuance: looks, decides, and applies the decision. Nothing else may come in between, as nothing can inside an
 * object. A refusal, a dry run, an answer to no plan and most retries change nothing, and so need no transaction; `transact` runs the changes of the others in one.
 */
export const reserve = (sql: Sql, request: ReserveRequest, transact: Transact): ReserveOutcome => {
  const view = viewOf(sql, request);
  const decision = decideReservation(request, view);
  if (!decision.ok) return { kind: "refused", refusal: explained(decision.error, request, view) };
  if (decision.value.kind === "unplanned") return decision.value;
  const caGeneration = view.caGeneration ?? nextGeneration(sql);
  const changes = request.dryRun ? [] : changesOf(sql, request, decision.value, caGeneration, view);
  if (changes.length > 0) transact(() => changes.forEach(run));
  return outcomeOf(decision.value, caGeneration);
};

/** A dry run is told what each check says. */
const explained = (refusal: Refusal, request: ReserveRequest, view: LedgerView): Refusal =>
  request.dryRun ? { ...refusal, checks: reservationChecks(request, view) } : refusal;

const changesOf = (
  sql: Sql,
  request: ReserveRequest,
  decision: Reservation,
  caGeneration: number,
  view: LedgerView,
): readonly (() => void)[] => {
  const { node, now } = request;
  const changes: (() => void)[] = [];
  if (view.caGeneration === null) changes.push(() => publishGeneration(sql, request));
  if (bindsAnew(request, view)) changes.push(() => bindCredential(sql, request, view));
  if (decision.kind === "fresh")
    changes.push(() => recordPlan(sql, request, decision.plan, caGeneration, view));
  if (decision.kind !== "replay") return changes;
  if (isReplayNew(view.recorded, now)) changes.push(() => noteReplay(sql, request, decision.issued.serial));
  if (isDeliveryNew(view.delivered, caGeneration, now))
    changes.push(() => noteDelivery(sql, node, caGeneration, now));
  return changes;
};

const outcomeOf = (decision: Reservation, caGeneration: number): ReserveOutcome => {
  if (decision.kind === "replay") return { ...decision, caGeneration };
  const { serial, tbs } = decision.kind === "fresh" ? decision.plan : decision;
  return { kind: decision.kind, caGeneration, serial, tbs };
};

/** A retry by the key that a token is bound to has nothing to add. A statement has its time, and other evidence its end. */
const bindsAnew = ({ credential: { binding }, spkiSha256 }: ReserveRequest, view: LedgerView): boolean =>
  binding.kind !== "first-use" || "statedAt" in binding || view.boundKey !== spkiSha256;

const bindCredential = (
  sql: Sql,
  { credential, node, spkiSha256, now }: ReserveRequest,
  { boundKey }: LedgerView,
): void => {
  const isOnce = credential.binding.kind === "first-use";
  sql.exec(
    `INSERT INTO credential (id, kind, first_used_at, expires_at, nodes) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT (id) DO UPDATE SET expires_at = max(expires_at, excluded.expires_at), nodes = nodes + excluded.nodes
     WHERE excluded.expires_at > expires_at OR excluded.nodes > 0`,
    credential.id,
    credential.kind,
    now,
    credential.expiresAt,
    isOnce && boundKey === null ? 1 : 0,
  );
  if (!isOnce) return;
  // The decision allows another key only where a newer statement takes the place of an older one.
  sql.exec(
    `INSERT INTO binding (credential, node, spki_sha256, bound_at, stated_at) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET spki_sha256 = excluded.spki_sha256, stated_at = max(stated_at, excluded.stated_at)
     WHERE (spki_sha256, stated_at) IS NOT (excluded.spki_sha256, max(stated_at, excluded.stated_at))`,
    credential.id,
    node,
    spkiSha256,
    now,
    "statedAt" in credential.binding ? credential.binding.statedAt : null,
  );
};

const recordPlan = (
  sql: Sql,
  request: ReserveRequest,
  plan: PlannedCertificate,
  generation: number,
  view: LedgerView,
): void => {
  const { node, now, credential, host, spkiSha256 } = request;
  const holder = holderAfter(request, view.renewal);
  sql.exec(
    `INSERT INTO certificate (serial, node, spki_sha256, credential, credential_kind, holder, names, not_before, not_after, renew_after, generation, proof, after_expiry, reserved_at, tbs)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    plan.serial,
    node,
    spkiSha256,
    credential.id,
    credential.kind,
    holder,
    JSON.stringify(request.names),
    plan.notBefore,
    plan.notAfter,
    plan.renewAfter,
    generation,
    "proofSha256" in credential.binding ? credential.binding.proofSha256 : null,
    isAfterExpiry(credential.binding) ? 1 : 0,
    now,
    plan.tbs.slice().buffer,
  );
  sql.exec(
    "INSERT OR REPLACE INTO lease (node, holder, since, until, serial) VALUES (?, ?, ?, ?, ?)",
    node,
    holder,
    now,
    plan.notAfter,
    plan.serial,
  );
  if (view.listens) sql.exec("DELETE FROM listener WHERE node = ?", node);
  for (const port of request.exclusivePorts) {
    sql.exec(
      "INSERT OR REPLACE INTO listener (host, port, node, until) VALUES (?, ?, ?, ?)",
      host,
      port,
      node,
      plan.notAfter,
    );
  }
};

const isReplayNew = (recorded: LedgerView["recorded"], now: number): boolean => {
  const last = recorded?.state.kind === "issued" ? recorded.state.replayedAt : null;
  return last === null || last <= now - REPLAY_EVENT_SECONDS;
};

const noteReplay = (sql: Sql, { now, node, credential }: ReserveRequest, serial: string): void =>
  appendEvent(sql, { at: now, kind: "replayed", actor: credential.id, node, serial, detail: "" });
