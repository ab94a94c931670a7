import { env, waitUntil } from "cloudflare:workers";
import type { LedgerObject } from "../../../src/ledger/ledger-object.ts";
import type { IssuedCertificate, Ledger, ReserveOutcome } from "../../../src/ledger/ledger.ts";
import { remoteLedgers } from "../../../src/ledger/remote-ledger.ts";
import { completionOf, reserveRequest, type ReserveChanges } from "../../support/ledger-requests.ts";

export interface TestLedger {
  readonly ledger: Ledger;
  readonly object: DurableObjectStub<LedgerObject>;
}

export const ledgerOf = remoteLedgers(env.LEDGER, waitUntil);

/** A cluster of its own, and so an object of its own, for each test. */
export const newLedger = (): TestLedger => {
  const cluster = crypto.randomUUID();
  return {
    ledger: ledgerOf(cluster),
    object: env.LEDGER.get(env.LEDGER.idFromName(cluster)),
  };
};

export const serialOf = (n: number): string => n.toString(16).padStart(34, "0");
export const keyOf = (n: number): string => n.toString(16).padStart(64, "0");

export const codeOf = (outcome: ReserveOutcome): string =>
  outcome.kind === "refused" ? outcome.refusal.code : outcome.kind;

/** Reserves and completes. Throws where either says no. */
export const issueIn = async (ledger: Ledger, changes: ReserveChanges = {}): Promise<IssuedCertificate> => {
  const request = reserveRequest(changes);
  const outcome = codeOf(await ledger.reserve(request));
  const issued = await ledger.complete(completionOf(request));
  if (outcome !== "fresh" || issued === null) throw new Error(`this certificate should be new: ${outcome}`);
  return issued;
};

/** The n-th node with its n-th key, serial and token. */
export const nth = (n: number, changes: ReserveChanges = {}): ReserveChanges => ({
  node: `rabbit@mq-${n}.prod.internal`,
  host: `mq-${n}.prod.internal`,
  ...changes,
  plan: { serial: serialOf(n), spkiSha256: keyOf(n), ...changes.plan },
  credential: { id: `jti:${n}`, ...changes.credential },
});
