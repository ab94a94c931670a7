import { env } from "cloudflare:workers";
import { runInDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import type { KeyBinding } from "../../../src/auth/principal.ts";
import type { Ledger, ReserveOutcome } from "../../../src/ledger/ledger.ts";
import { NOON, reserveRequest, type ReserveChanges } from "../../support/ledger-requests.ts";
import { ledgerOf } from "../support/ledgers.ts";

/** What the ledger keeps of identities that outlive their keys: leases in both directions, bindings by statement, releases. */
let count = 0;
const newLedger = () => {
  const cluster = `evidence-${String(count++)}`;
  return {
    ledger: ledgerOf(cluster),
    rows: (table: string): Promise<number> =>
      runInDurableObject(env.LEDGER.get(env.LEDGER.idFromName(cluster)), (_, state) =>
        Number(state.storage.sql.exec(`SELECT count(*) AS n FROM ${table}`).one()["n"]),
      ),
  };
};

const MQ_1 = "rabbit@mq-1.prod.internal";
const MQ_2 = "rabbit@mq-2.prod.internal";

interface Asking {
  readonly who: string;
  readonly binding: KeyBinding;
  readonly node?: string;
  /** Which key, and which serial with it. */
  readonly key: number;
  readonly dryRun?: boolean;
}

let serials = 0;
const ask = async (
  ledger: Ledger,
  { who, binding, node = MQ_1, key, dryRun = false }: Asking,
): Promise<string> => {
  const changes: ReserveChanges = {
    node,
    plan: { serial: (++serials).toString(16).padStart(34, "0") },
    credential: { kind: "aws-iid", id: who, holder: who, namesNode: false, binding, expiresAt: NOON + 1e9 },
    dryRun,
  };
  const outcome: ReserveOutcome = await ledger.reserve({
    ...reserveRequest(changes),
    spkiSha256: key.toString(16).padStart(64, "0"),
  });
  return outcome.kind === "refused" ? outcome.refusal.code : outcome.kind;
};

const CSR: KeyBinding = { kind: "csr" };
const stated = (statedAt: number, mayRebind = false): KeyBinding => ({
  kind: "first-use",
  statedAt,
  mayRebind,
});

describe("an identity", () => {
  it("has one name, and a name has one identity", async () => {
    const { ledger } = newLedger();
    expect(await ask(ledger, { who: "aws:1:i-1", binding: CSR, key: 1 })).toBe("fresh");
    expect(await ask(ledger, { who: "aws:1:i-1", binding: CSR, key: 2, node: MQ_2 })).toBe(
      "credential-bound",
    );
    expect(await ask(ledger, { who: "aws:1:i-2", binding: CSR, key: 3 })).toBe("node-held-by-another");
  });
  it("keeps its name from key to key where its evidence names the request, and leaves no binding", async () => {
    const { ledger, rows } = newLedger();
    for (const key of [1, 2, 3])
      expect(await ask(ledger, { who: "aws:1:i-1", binding: CSR, key })).toBe("fresh");
    expect([await rows("binding"), await rows("lease"), await rows("credential")]).toEqual([0, 1, 1]);
  });
  it("asked about in a dry run, leaves nothing", async () => {
    const { ledger, rows } = newLedger();
    expect(await ask(ledger, { who: "aws:1:i-1", binding: stated(1), key: 1, dryRun: true })).toBe("fresh");
    expect([
      await rows("binding"),
      await rows("lease"),
      await rows("credential"),
      await rows("event"),
    ]).toEqual([0, 0, 0, 0]);
  });
});

describe("a statement without an end", () => {
  it("binds one key; a later one another, where that is allowed; an earlier one none again", async () => {
    const { ledger } = newLedger();
    const by = (statedAt: number, key: number, mayRebind = false): Promise<string> =>
      ask(ledger, { who: "aws:1:i-1", binding: stated(statedAt, mayRebind), key });
    expect(await by(100, 1)).toBe("fresh");
    expect(await by(100, 1)).toBe("finish");
    expect(await by(100, 2)).toBe("credential-bound");
    expect(await by(200, 2)).toBe("credential-bound");
    expect(await by(200, 2, true)).toBe("fresh");
    expect(await by(100, 1, true)).toBe("credential-bound");
    expect(await by(150, 3, true)).toBe("credential-bound");
  });
});

describe("a release", () => {
  it("frees the name and what a statement bound, and is remembered", async () => {
    const { ledger, rows } = newLedger();
    await ask(ledger, { who: "aws:1:i-1", binding: stated(100), key: 1 });
    await ledger.release({ now: NOON, node: MQ_1, actor: "administrator" });
    expect([await rows("lease"), await rows("binding"), await rows("event WHERE kind = 'released'")]).toEqual(
      [0, 0, 1],
    );
    expect(await ask(ledger, { who: "aws:1:i-2", binding: stated(100), key: 2 })).toBe("fresh");
    expect(await ask(ledger, { who: "aws:1:i-1", binding: stated(100), key: 1, node: MQ_2 })).toBe(
      "weak-key",
    );
  });
  it("does not bring a token back to life", async () => {
    const { ledger } = newLedger();
    await ledger.reserve(reserveRequest());
    await ledger.release({ now: NOON, node: MQ_1, actor: "administrator" });
    const outcome = await ledger.reserve({ ...reserveRequest(), spkiSha256: "f".repeat(64) });
    expect(outcome.kind === "refused" && outcome.refusal.code).toBe("credential-bound");
  });
});
