import { groupCommit } from "./group-commit.ts";
import { LedgerUnavailable, type Ledger } from "./ledger.ts";
import type { LedgerObject } from "./ledger-object.ts";

/** A ledger that has not answered by then is taken for unavailable: the caller's retry finishes what it may have begun. */
export const LEDGER_TIMEOUT_MS = 5_000;

/** What a crowd's call waits for company: of 16 connections 14 steps travel together then, and none waits longer in all (docs/adr/0018-group-commit.md). */
const GATHER_MS = 2;

/** The ledger of each cluster, behind its Durable Object. Every failure of the object becomes {@link LedgerUnavailable}. */
export const remoteLedgers = (
  namespace: DurableObjectNamespace<LedgerObject>,
  waitUntil: (work: Promise<unknown>) => void,
): ((cluster: string) => Ledger) => {
  const ledgers = new Map<string, Ledger>();
  return (cluster) => {
    const ledger = ledgers.get(cluster) ?? remoteLedger(namespace, cluster, waitUntil);
    ledgers.set(cluster, ledger);
    return ledger;
  };
};

const remoteLedger = (
  namespace: DurableObjectNamespace<LedgerObject>,
  cluster: string,
  waitUntil: (work: Promise<unknown>) => void,
): Ledger => {
  const id = namespace.idFromName(cluster);
  // A stub belongs to the request that made it, an id to nobody.
  const stub = (): DurableObjectStub<LedgerObject> => namespace.get(id);
  // Over RPC each method of the object is the ledger's own, behind a promise; the disposal that the stub's types add has no use here.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  const object = (): Ledger => stub() as unknown as Ledger;
  const issuances = groupCommit({
    send: (group) => stub().steps(group),
    waitUntil,
    gather: () => scheduler.wait(GATHER_MS),
    clock: () => Date.now(),
    limit: LEDGER_TIMEOUT_MS,
  });
  return {
    reserve: (request) => answered(() => issuances.reserve(request)),
    complete: (request) => answered(() => issuances.complete(request)),
    note: (event) => answered(() => object().note(event)),
    withdraw: (request) => answered(() => object().withdraw(request)),
    release: (request) => answered(() => object().release(request)),
    list: (request) => answered(() => object().list(request)),
    find: (serial, now) => answered(() => object().find(serial, now)),
    entry: (serial, now) => answered(() => issuances.entry(serial, now)),
    revoke: (request) => answered(() => object().revoke(request)),
    crlOrPlan: (request) => answered(() => object().crlOrPlan(request)),
    recordCrl: (request) => answered(() => object().recordCrl(request)),
    liveCrls: (now) => answered(() => object().liveCrls(now)),
    expiring: (request) => answered(() => object().expiring(request)),
    takeCensus: (now) => answered(() => object().takeCensus(now)),
    dueNotices: (request) => answered(() => object().dueNotices(request)),
    recordNotices: (now, ids) => answered(() => object().recordNotices(now, ids)),
    countGeneration: (snapshot) => answered(() => object().countGeneration(snapshot)),
    generations: () => answered(() => object().generations()),
    liveNodes: (request) => answered(() => object().liveNodes(request)),
    acknowledge: (request) => answered(() => object().acknowledge(request)),
    ping: () => answered(() => object().ping()),
  };
};

/**
 * Each caller races a timer of its own, though those in one group wait for one call: without it, requests of a loaded server ended in
 * "Cannot perform I/O on behalf of a different request" (docs/adr/0018-group-commit.md).
 */
const answered = async <T>(call: () => Promise<T>): Promise<T> => {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error("no answer in time")), LEDGER_TIMEOUT_MS);
  });
  try {
    return await Promise.race([call(), late]);
  } catch (cause) {
    throw new LedgerUnavailable(cause instanceof Error ? cause.message : "unknown", { cause });
  } finally {
    clearTimeout(timer);
  }
};
