import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { eventHash, IS_REFUSAL } from "../../../src/ledger/events.ts";
import type { StepOutcome } from "../../../src/ledger/group-commit.ts";
import type { LedgerObject } from "../../../src/ledger/ledger-object.ts";
import type { Ledger, ListRequest, ReserveOutcome } from "../../../src/ledger/ledger.ts";
import {
  completionOf,
  DAY,
  NOON,
  reserveRequest,
  type GoodRequest,
  type ReserveChanges,
} from "../../support/ledger-requests.ts";
import { codeOf, keyOf, newLedger, serialOf } from "../support/ledgers.ts";

const kindOf = (outcome: StepOutcome<ReserveOutcome>): string =>
  "fault" in outcome ? "fault" : outcome.value.kind;

const complete = async (ledger: Ledger, request: GoodRequest, chain = "chain") => {
  const issued = await ledger.complete(completionOf(request, chain));
  if (issued === null) throw new Error("revoked meanwhile");
  return issued;
};

const issue = async (ledger: Ledger, changes: ReserveChanges = {}) => {
  const request = reserveRequest(changes);
  expect(codeOf(await ledger.reserve(request))).toBe("fresh");
  return complete(ledger, request);
};

const list = (ledger: Ledger, changes: Partial<ListRequest> = {}) =>
  ledger.list({
    now: NOON,
    node: null,
    state: null,
    expiresBefore: null,
    limit: 100,
    cursor: null,
    ...changes,
  });

const countRows = (object: DurableObjectStub<LedgerObject>, table: string): Promise<number> =>
  runInDurableObject(object, (_, state) =>
    Number(state.storage.sql.exec(`SELECT count(*) AS n FROM ${table}`).one()["n"]),
  );

/** A node with a key and a serial of its own. */
const someNode = (n: number): ReserveChanges => ({
  node: `rabbit@mq-${String(n)}.prod.internal`,
  plan: { serial: serialOf(n), spkiSha256: keyOf(n) },
});

describe("reserve and complete", () => {
  it("record the plan first and the certificate before it is told", async () => {
    const { ledger } = newLedger();
    await ledger.reserve(reserveRequest());
    expect((await list(ledger)).entries).toMatchObject([
      { state: "reserved", issuedAt: null, caGeneration: 1 },
    ]);
    await complete(ledger, reserveRequest());
    expect((await list(ledger)).entries).toMatchObject([
      { state: "valid", issuedAt: NOON, sha256: "5".repeat(64) },
    ]);
  });
  it("give the same key the same bytes again", async () => {
    const { ledger } = newLedger();
    const first = await issue(ledger);
    const again = await ledger.reserve(reserveRequest({ plan: { serial: serialOf(2) } }));
    expect(again).toEqual({ kind: "replay", caGeneration: 1, issued: first });
    expect((await list(ledger)).entries).toHaveLength(1);
  });
  it("without a plan, change nothing where nothing was made before, and give what was", async () => {
    const { ledger, object } = newLedger();
    const request = reserveRequest();
    const unplanned = { ...request, plan: null };
    expect(await ledger.reserve(unplanned)).toEqual({ kind: "unplanned" });
    const tables = [
      "credential",
      "binding",
      "certificate",
      "lease",
      "listener",
      "generation",
      "ack",
      "event",
    ];
    for (const table of tables) expect([table, await countRows(object, table)]).toEqual([table, 0]);
    await ledger.reserve(request);
    expect(await ledger.reserve(unplanned)).toMatchObject({
      kind: "finish",
      serial: request.plan.value.serial,
    });
    const issued = await complete(ledger, request);
    expect(await ledger.reserve(unplanned)).toEqual({ kind: "replay", caGeneration: 1, issued });
  });
  it("without a plan, refuse what they refuse with one", async () => {
    const { ledger } = newLedger();
    await issue(ledger);
    const another = reserveRequest({ plan: { spkiSha256: keyOf(2) } });
    expect(codeOf(await ledger.reserve({ ...another, plan: null }))).toBe("credential-bound");
  });
  it("hand out the plan that nobody completed, bytes included", async () => {
    const { ledger } = newLedger();
    const first = reserveRequest();
    await ledger.reserve(first);
    const retry = await ledger.reserve(
      reserveRequest({ plan: { serial: serialOf(2), tbs: new Uint8Array([9]) } }),
    );
    expect(retry).toEqual({
      kind: "finish",
      caGeneration: 1,
      serial: first.plan.value.serial,
      tbs: first.plan.value.tbs,
    });
  });
  it("keep the first of two that finish one plan", async () => {
    const { ledger } = newLedger();
    const request = reserveRequest();
    await ledger.reserve(request);
    expect((await complete(ledger, request, "first")).chain).toBe("first");
    expect((await complete(ledger, request, "second")).chain).toBe("first");
  });
  it("leave nothing of a step that fails half-way, and all of the others in its group", async () => {
    const { object } = newLedger();
    const [first, last] = [1, 3].map((n) =>
      reserveRequest({ ...someNode(n), credential: { id: `jti:${keyOf(n)}` } }),
    );
    // Its serial is taken, which shows when its credential is bound already.
    const failing = reserveRequest({
      node: "rabbit@mq-2.prod.internal",
      plan: { serial: serialOf(1), spkiSha256: keyOf(2) },
      credential: { id: `jti:${keyOf(2)}` },
    });
    if (first === undefined || last === undefined) throw new Error("two were made");
    const { reserve } = await object.steps({ complete: [], entry: [], reserve: [first, failing, last] });
    expect(reserve.map(kindOf)).toEqual(["fresh", "fault", "fresh"]);
    for (const table of ["credential", "binding", "certificate", "lease"])
      expect([table, await countRows(object, table)]).toEqual([table, 2]);
  });
  it("complete a certificate beside a step that fails half-way", async () => {
    const { ledger, object } = newLedger();
    const planned = reserveRequest({ ...someNode(1), credential: { id: `jti:${keyOf(1)}` } });
    await ledger.reserve(planned);
    const failing = reserveRequest({
      node: "rabbit@mq-2.prod.internal",
      plan: { serial: serialOf(1), spkiSha256: keyOf(2) },
      credential: { id: `jti:${keyOf(2)}` },
    });
    const joining = reserveRequest({ ...someNode(3), credential: { id: `jti:${keyOf(3)}` } });
    const outcomes = await object.steps({
      complete: [completionOf(planned)],
      entry: [],
      reserve: [failing, joining],
    });
    expect(outcomes.complete).toMatchObject([{ value: { serial: serialOf(1) } }]);
    expect(outcomes.reserve.map(kindOf)).toEqual(["fault", "fresh"]);
    for (const table of ["credential", "binding", "certificate", "lease"])
      expect([table, await countRows(object, table)]).toEqual([table, 2]);
  });
  it("record nothing that was never planned", async () => {
    const { ledger, object } = newLedger();
    await expect(complete(ledger, reserveRequest())).rejects.toMatchObject({ name: "LedgerUnavailable" });
    expect(await countRows(object, "certificate")).toBe(0);
  });
  it("choose one of 200 that race with one token and 200 keys", async () => {
    const { ledger, object } = newLedger();
    const outcomes = await Promise.all(
      Array.from({ length: 200 }, (_, n) =>
        ledger.reserve(reserveRequest({ plan: { serial: serialOf(n), spkiSha256: keyOf(n) } })),
      ),
    );
    const codes = outcomes.map(codeOf);
    expect(codes.filter((code) => code === "fresh")).toHaveLength(1);
    expect(codes.filter((code) => code === "credential-bound")).toHaveLength(199);
    expect(await countRows(object, "certificate")).toBe(1);
  });
  it("remember across an eviction", async () => {
    const { ledger, object } = newLedger();
    const first = await issue(ledger);
    await evictDurableObject(object);
    expect(await ledger.reserve(reserveRequest())).toMatchObject({ kind: "replay", issued: first });
    expect(codeOf(await ledger.reserve(reserveRequest({ plan: { spkiSha256: keyOf(9) } })))).toBe(
      "credential-bound",
    );
  });
});

describe("a refusal and a dry run", () => {
  it("change nothing", async () => {
    const { ledger, object } = newLedger();
    expect(codeOf(await ledger.reserve(reserveRequest({ dryRun: true })))).toBe("fresh");
    expect(codeOf(await ledger.reserve(reserveRequest({ credential: { mayBind: false } })))).toBe(
      "credential-expired",
    );
    for (const table of [
      "certificate",
      "credential",
      "binding",
      "lease",
      "listener",
      "generation",
      "ack",
      "event",
    ]) {
      expect([table, await countRows(object, table)]).toEqual([table, 0]);
    }
  });
});

describe("single use", () => {
  it("counts nodes: a token for two serves two, each with its own key", async () => {
    const { ledger } = newLedger();
    const ask = (n: number, keyNumber = n) =>
      ledger.reserve(
        reserveRequest({
          node: `rabbit@mq-${String(n)}.prod.internal`,
          host: `mq-${String(n)}.prod.internal`,
          plan: {
            serial: serialOf(n),
            spkiSha256: keyOf(keyNumber),
          },
          credential: {
            uses: 2,
            namesNode: false,
          },
        }),
      );
    expect(codeOf(await ask(1))).toBe("fresh");
    expect(codeOf(await ask(2))).toBe("fresh");
    expect(codeOf(await ask(3))).toBe("credential-bound");
    expect(codeOf(await ask(1, 7))).toBe("credential-bound");
    expect(codeOf(await ask(2))).toBe("finish");
  });
  it("ends with a withdrawal, used or not", async () => {
    const { ledger } = newLedger();
    const { id } = reserveRequest().credential;
    await ledger.withdraw({ now: NOON, id, until: NOON + 3600 });
    await ledger.withdraw({ now: NOON, id, until: NOON + 3600 });
    expect(codeOf(await ledger.reserve(reserveRequest()))).toBe("credential-invalid");
  });
});

describe("names, keys and ports", () => {
  const other = { credential: { id: "jti:other", namesNode: false } };
  it("a live name is not for a second holder whose credential is for many", async () => {
    const { ledger } = newLedger();
    await issue(ledger);
    const second = reserveRequest({ ...other, plan: { serial: serialOf(2), spkiSha256: keyOf(2) } });
    expect(codeOf(await ledger.reserve(second))).toBe("node-held-by-another");
    const later = { ...second, now: NOON + 31 * DAY, plan: { ...second.plan, notAfter: NOON + 61 * DAY } };
    expect(codeOf(await ledger.reserve(later))).toBe("fresh");
  });
  it("a key is for one node", async () => {
    const { ledger } = newLedger();
    await issue(ledger);
    const second = reserveRequest({
      ...other,
      node: "rabbit@mq-2.prod.internal",
      plan: { serial: serialOf(2) },
    });
    expect(codeOf(await ledger.reserve(second))).toBe("weak-key");
  });
  it("a port that a name decides is for one node of a host", async () => {
    const { ledger } = newLedger();
    const emqx = (name: string, n: number) =>
      reserveRequest({
        node: `${name}@h.edge`,
        host: "h.edge",
        exclusivePorts: [4371, 5371],
        plan: {
          serial: serialOf(n),
          spkiSha256: keyOf(n),
        },
        credential: { id: `jti:${String(n)}` },
      });
    expect(codeOf(await ledger.reserve(emqx("emqx1", 1)))).toBe("fresh");
    expect(codeOf(await ledger.reserve(emqx("edge1", 2)))).toBe("port-collision");
    expect(codeOf(await ledger.reserve({ ...emqx("edge1", 2), host: "i.edge" }))).toBe("fresh");
  });
});

describe("generations", () => {
  it("are counted as CA snapshots are met, and an old one keeps its number", async () => {
    const { ledger } = newLedger();
    let count = 0;
    const ask = async (snapshotId: string) => {
      const outcome = await ledger.reserve(
        reserveRequest({ snapshotId, plan: { serial: serialOf(count++) } }),
      );
      return "caGeneration" in outcome ? [outcome.kind, outcome.caGeneration] : null;
    };
    expect(await ask("a")).toEqual(["fresh", 1]);
    expect(await ask("b")).toEqual(["fresh", 2]);
    expect(await ask("a")).toEqual(["fresh", 1]);
  });
});

describe("the list", () => {
  it("comes newest first, in pages that neither repeat nor skip while certificates are issued", async () => {
    const { ledger } = newLedger();
    const add = (n: number) =>
      issue(ledger, {
        node: `rabbit@n-${String(n)}.x`,
        plan: { serial: serialOf(n), spkiSha256: keyOf(n) },
        credential: { id: `jti:${String(n)}` },
      });
    for (let n = 1; n <= 5; n++) await add(n);
    const first = await list(ledger, { limit: 2 });
    await add(6);
    const second = await list(ledger, { limit: 2, cursor: first.next });
    const third = await list(ledger, { limit: 2, cursor: second.next });
    const serials = [first, second, third].flatMap((page) => page.entries.map((entry) => entry.serial));
    expect(serials).toEqual([5, 4, 3, 2, 1].map(serialOf));
    expect(third.next).toBeNull();
  });
  it("filters by node, expiry and state, and every row is in the state that it is filtered by", async () => {
    const { ledger, object } = newLedger();
    await issue(ledger, {
      node: "rabbit@valid.x",
      plan: { serial: serialOf(1), spkiSha256: keyOf(1) },
      credential: { id: "jti:1" },
    });
    await issue(ledger, {
      node: "rabbit@expired.x",
      plan: { serial: serialOf(2), spkiSha256: keyOf(2), notAfter: NOON - 1 },
      credential: { id: "jti:2" },
    });
    await issue(ledger, {
      node: "rabbit@revoked.x",
      plan: { serial: serialOf(3), spkiSha256: keyOf(3) },
      credential: { id: "jti:3" },
    });
    await ledger.reserve(
      reserveRequest({
        node: "rabbit@reserved.x",
        plan: { serial: serialOf(4), spkiSha256: keyOf(4) },
        credential: { id: "jti:4" },
      }),
    );
    await runInDurableObject(object, (_, state) =>
      state.storage.sql.exec(
        "UPDATE certificate SET revoked_at = ?, reason = 'superseded' WHERE serial = ?",
        NOON,
        serialOf(3),
      ),
    );
    for (const state of ["valid", "expired", "revoked", "reserved"] as const) {
      expect((await list(ledger, { state })).entries).toMatchObject([{ state, node: `rabbit@${state}.x` }]);
    }
    expect((await list(ledger, { node: "rabbit@valid.x" })).entries).toHaveLength(1);
    expect((await list(ledger, { expiresBefore: NOON })).entries).toMatchObject([
      { node: "rabbit@expired.x" },
    ]);
  });
});

describe("events", () => {
  it("are a chain in which every row vouches for the one before", async () => {
    const { ledger, object } = newLedger();
    await issue(ledger);
    await ledger.reserve(reserveRequest());
    await ledger.note({
      now: NOON,
      kind: "refused-bound",
      actor: "jti:x",
      node: null,
      detail: "credential-bound",
    });
    const rows = await runInDurableObject(object, (_, state) =>
      state.storage.sql.exec("SELECT * FROM event ORDER BY seq").toArray(),
    );
    expect(rows.map((row) => row["kind"])).toEqual([
      "generation-published",
      "issued",
      "replayed",
      "refused-bound",
    ]);
    let previous = "0".repeat(64);
    for (const row of rows) {
      const event = row as unknown as Parameters<typeof eventHash>[2];
      previous = eventHash(previous, Number(row["seq"]), event);
      expect(row["hash"]).toBe(previous);
    }
  });
  it("of replays and of one credential's refusals are few, however often they happen", async () => {
    const { ledger, object } = newLedger();
    await issue(ledger);
    for (let n = 0; n < 5; n++) await ledger.reserve(reserveRequest());
    expect(await countRows(object, "event")).toBe(3);
    for (const now of [NOON + 3599, NOON + 3600, NOON + 7199])
      expect(codeOf(await ledger.reserve({ ...reserveRequest(), now }))).toBe("replay");
    expect(await countRows(object, "event")).toBe(4);
    for (let n = 0; n < 150; n++)
      await ledger.note({ now: NOON, kind: "refused", actor: "jti:x", node: null, detail: "weak-key" });
    expect(await countRows(object, "event")).toBe(104);
  });
  it("are told with their certificate", async () => {
    const { ledger } = newLedger();
    const first = await issue(ledger);
    const found = await ledger.find(first.serial, NOON);
    expect(found).toMatchObject({ chain: "chain", entry: { state: "valid" }, events: [{ kind: "issued" }] });
    expect(await ledger.find(serialOf(99), NOON)).toBeNull();
  });
});

describe("the sweep", () => {
  it("is scheduled by the first certificate, forgets what is long over, and keeps what is live", async () => {
    const { ledger, object } = newLedger();
    const now = Math.floor(Date.now() / 1000);
    const plan = { notBefore: now - 300, notAfter: now + DAY, renewAfter: now + DAY / 2 };
    await issue(ledger, { now, plan: { ...plan, serial: serialOf(1) }, credential: { expiresAt: now + 60 } });
    const old = { notBefore: now - 90 * DAY, notAfter: now - 31 * DAY, renewAfter: now - 60 * DAY };
    await issue(ledger, {
      now: now - 90 * DAY,
      node: "rabbit@old.x",
      host: "old.x",
      exclusivePorts: [4370],
      plan: {
        ...old,
        serial: serialOf(2),
        spkiSha256: keyOf(2),
      },
      credential: {
        id: "jti:old",
        expiresAt: now - 89 * DAY,
      },
    });
    expect(await runDurableObjectAlarm(object)).toBe(true);
    expect((await list(ledger, { now })).entries.map((entry) => entry.serial)).toEqual([serialOf(1)]);
    expect([
      await countRows(object, "binding"),
      await countRows(object, "lease"),
      await countRows(object, "listener"),
    ]).toEqual([1, 1, 0]);
    expect(await runInDurableObject(object, (_, state) => state.storage.getAlarm())).toBeGreaterThan(
      Date.now(),
    );
  });
});

describe("the queries of an issuance", () => {
  it("use an index each, however large the ledger is", async () => {
    const { ledger, object } = newLedger();
    await ledger.ping();
    const plan = (query: string) =>
      runInDurableObject(object, (_, state) =>
        state.storage.sql
          .exec(`EXPLAIN QUERY PLAN ${query}`)
          .toArray()
          .map((row) => JSON.stringify(row["detail"]))
          .join("; "),
      );
    expect(
      await plan("SELECT * FROM certificate WHERE spki_sha256 = '' AND node = '' ORDER BY id DESC"),
    ).toContain("certificate_by_key");
    expect(
      await plan(`SELECT count(*) FROM event WHERE actor = '' AND kind = '' AND ${IS_REFUSAL}`),
    ).toContain("event_refused_by_actor");
    expect(await plan("SELECT * FROM certificate WHERE TRUE AND node = '' ORDER BY id DESC")).toContain(
      "certificate_by_node",
    );
    expect(await plan("SELECT 1 FROM certificate WHERE credential = '' AND not_after >= 0")).toContain(
      "certificate_by_credential",
    );
    expect(await plan("SELECT 1 FROM binding WHERE credential = '' AND node = ''")).toContain("PRIMARY KEY");
  });
});
