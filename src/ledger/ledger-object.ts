import { DurableObject } from "cloudflare:workers";
import { acknowledge } from "./acknowledge.ts";
import { crlOrPlan, liveCrls, recordCrl } from "./crl.ts";
import { appendEvent, mayNote } from "./events.ts";
import type * as expiry from "./expiry.ts";
import { expiring, takeCensus } from "./expiry.ts";
import type * as notices from "./notices.ts";
import { dueNotices, recordNotices } from "./notices.ts";
import type { StepGroup, StepOutcomes } from "./group-commit.ts";
import { countGeneration, listGenerations, type MetSnapshot } from "./generation.ts";
import type * as wire from "./ledger.ts";
import { findCertificate, listCertificates } from "./listing.ts";
import { liveNodes } from "./live-nodes.ts";
import { release } from "./release.ts";
import type * as revocation from "./revocation.ts";
import { revoke } from "./revoke.ts";
import type * as rotation from "./rotation.ts";
import { migrate } from "./schema.ts";
import type { Sql } from "./sql.ts";
import { sweep, SWEEP_INTERVAL_SECONDS } from "./sweep.ts";
import { takeSteps } from "./take-steps.ts";
import { withdraw } from "./withdraw.ts";

/** The platform gives up an alarm that fails too often: it is looked for again after an hour. */
const SWEEP_LOOK_MS = 3_600_000;

/**
 * The ledger of one cluster: a SQLite-backed Durable Object, named after the cluster. Each method looks and
 * writes without waiting, and writes in a transaction, so no other request can come between its question and its answer; its reply leaves only once the commit is durable.
 */
export class LedgerObject extends DurableObject {
  private readonly sql: Sql;
  /** Milliseconds. A group does not ask for the alarm that the group before it has seen. */
  private sweepSeenAt = Number.NEGATIVE_INFINITY;

  constructor(state: DurableObjectState, env: Cloudflare.Env) {
    super(state, env);
    this.sql = state.storage.sql;
    this.transaction(() => migrate(this.sql));
  }

  async steps(group: StepGroup): Promise<StepOutcomes> {
    const outcomes = takeSteps(this.sql, group, (changes) => this.transaction(changes));
    if (group.complete.length > 0) await this.scheduleSweep();
    return outcomes;
  }

  note(event: wire.NoteRequest): void {
    this.transaction(() => {
      if (mayNote(this.sql, event.kind, event.actor))
        appendEvent(this.sql, { ...event, at: event.now, serial: null });
    });
  }

  withdraw(request: wire.WithdrawRequest): void {
    this.transaction(() => withdraw(this.sql, request));
  }

  release(request: wire.ReleaseRequest): void {
    this.transaction(() => release(this.sql, request));
  }

  list(request: wire.ListRequest): wire.LedgerPage {
    return listCertificates(this.sql, request);
  }

  find(serial: string, now: number): wire.FoundCertificate | null {
    return findCertificate(this.sql, serial, now);
  }

  revoke(request: revocation.RevokeRequest): readonly string[] {
    return this.transaction(() => revoke(this.sql, request));
  }

  crlOrPlan(request: revocation.CrlRequest): revocation.CrlOutcome {
    return this.transaction(() => crlOrPlan(this.sql, request));
  }

  recordCrl(request: revocation.RecordCrlRequest): revocation.StoredCrl {
    return this.transaction(() => recordCrl(this.sql, request));
  }

  liveCrls(now: number): readonly revocation.StoredCrl[] {
    return liveCrls(this.sql, now);
  }

  expiring(request: expiry.ExpiringRequest): readonly expiry.ExpiringCertificate[] {
    return expiring(this.sql, request);
  }

  takeCensus(now: number): expiry.Census {
    return takeCensus(this.sql, now);
  }

  dueNotices(request: notices.NoticesRequest): readonly notices.Notice[] {
    return dueNotices(this.sql, request);
  }

  recordNotices(now: number, ids: readonly string[]): void {
    this.transaction(() => recordNotices(this.sql, now, ids));
  }

  countGeneration(snapshot: MetSnapshot): number {
    return this.transaction(() => countGeneration(this.sql, snapshot));
  }

  generations(): readonly rotation.CaGeneration[] {
    return listGenerations(this.sql);
  }

  liveNodes(request: rotation.LiveNodesRequest): rotation.LiveNodesPage {
    return liveNodes(this.sql, request);
  }

  acknowledge(request: rotation.AcknowledgeRequest): rotation.AcknowledgeOutcome {
    return this.transaction(() => acknowledge(this.sql, request));
  }

  /** Answers when the tables are there and readable. */
  ping(): "ok" {
    this.sql.exec("SELECT value FROM meta WHERE key = 'schema'").one();
    return "ok";
  }

  override async alarm(): Promise<void> {
    const now = Math.floor(Date.now() / 1000);
    this.transaction(() => sweep(this.sql, now));
    await this.ctx.storage.setAlarm((now + SWEEP_INTERVAL_SECONDS) * 1000);
  }

  private transaction<T>(step: () => T): T {
    return this.ctx.storage.transactionSync(step);
  }

  private async scheduleSweep(): Promise<void> {
    const now = Date.now();
    if (now - this.sweepSeenAt < SWEEP_LOOK_MS) return;
    if ((await this.ctx.storage.getAlarm()) === null)
      await this.ctx.storage.setAlarm(now + SWEEP_INTERVAL_SECONDS * 1000);
    this.sweepSeenAt = now;
  }
}
