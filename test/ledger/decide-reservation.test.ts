import { describe, expect, it } from "vitest";
import {
  decideReservation,
  RESERVATION_CHECKS,
  reservationChecks,
} from "../../src/ledger/decide-reservation.ts";
import type { LedgerView, RecordedCertificate } from "../../src/ledger/ledger-view.ts";
import { refuse } from "../../src/refusal.ts";
import { issued, reserveRequest, type ReserveChanges } from "../support/ledger-requests.ts";

const EMPTY: LedgerView = {
  withdrawn: false,
  boundKey: null,
  boundStatedAt: null,
  boundNodes: 0,
  keyHeldByAnotherNode: false,
  keyBarred: false,
  lastRevoked: false,
  leaseHolder: null,
  listens: false,
  caGeneration: 1,
  delivered: null,
  holderHasAnotherNode: false,
  portHeldByAnotherNode: false,
  renewal: null,
  recorded: null,
};

const decide = (view: Partial<LedgerView>, changes: Parameters<typeof reserveRequest>[0] = {}) =>
  decideReservation(reserveRequest(changes), { ...EMPTY, ...view });

const codeOf = (decision: ReturnType<typeof decide>): string =>
  decision.ok ? decision.value.kind : decision.error.code;

const request = reserveRequest();
const KEY = request.spkiSha256;
const recorded = (changes: Partial<RecordedCertificate> = {}): RecordedCertificate => ({
  ofThisProof: false,
  credentialId: request.credential.id,
  snapshotId: request.snapshotId,
  root: request.root,
  names: request.names,
  serial: request.plan.value.serial,
  renewAfter: request.plan.value.renewAfter,
  state: { kind: "issued", issued: issued(), replayedAt: null },
  ...changes,
});

describe("without a plan", () => {
  const unplanned = (view: Partial<LedgerView>, changes: ReserveChanges = {}): string =>
    codeOf(decideReservation({ ...reserveRequest(changes), plan: null }, { ...EMPTY, ...view }));
  const due = { recorded: recorded({ renewAfter: request.now, credentialId: "another" }) };

  it("what was made before is given, and a plan is asked for where there is nothing", () => {
    expect(unplanned({ recorded: recorded() })).toBe("replay");
    expect(unplanned({})).toBe("unplanned");
    expect(unplanned(due)).toBe("unplanned");
  });
  it("whoever would be refused with one is refused", () => {
    expect(unplanned(due, { credential: { mayBind: false } })).toBe("credential-expired");
    expect(unplanned({ withdrawn: true, recorded: recorded() })).toBe("credential-invalid");
  });
});

describe("a credential", () => {
  it("gets a fresh certificate the first time", () => {
    expect(codeOf(decide({}))).toBe("fresh");
  });
  it("is bound to its first key: another key is a stolen token", () => {
    expect(codeOf(decide({ boundKey: "f".repeat(64) }))).toBe("credential-bound");
  });
  it("is spent once as many nodes have used it as it allows", () => {
    expect(codeOf(decide({ boundNodes: 1 }))).toBe("credential-bound");
    expect(codeOf(decide({ boundNodes: 19 }, { credential: { uses: 20 } }))).toBe("fresh");
  });
  it("that was withdrawn is dead, also for the key that it is bound to", () => {
    expect(codeOf(decide({ withdrawn: true, boundKey: KEY, recorded: recorded() }))).toBe(
      "credential-invalid",
    );
  });
  it("that expired unused binds nothing", () => {
    expect(codeOf(decide({}, { credential: { mayBind: false } }))).toBe("credential-expired");
  });
  it("that expired still fetches what it was bound to, until renewal is due", () => {
    const changes = { credential: { mayBind: false } };
    expect(codeOf(decide({ boundKey: KEY, recorded: recorded() }, changes))).toBe("replay");
    const due = { ...changes, now: request.plan.value.renewAfter };
    expect(codeOf(decide({ boundKey: KEY, recorded: recorded() }, due))).toBe("credential-expired");
  });
});

describe("the same key", () => {
  it("gets the same bytes back while renewal is not due", () => {
    expect(codeOf(decide({ boundKey: KEY, recorded: recorded() }))).toBe("replay");
  });
  it("gets them with another credential too", () => {
    expect(codeOf(decide({ recorded: recorded({ credentialId: "jti:other" }) }))).toBe("replay");
  });
  it("gets a new certificate once renewal is due, but not from the credential that made the old one", () => {
    const due = { now: request.plan.value.renewAfter };
    expect(codeOf(decide({ recorded: recorded({ credentialId: "jti:other" }) }, due))).toBe("fresh");
    expect(codeOf(decide({ boundKey: KEY, recorded: recorded() }, due))).toBe("replay");
  });
  it("finishes the plan that a dead process left, to the byte", () => {
    const tbs = new Uint8Array([1, 2, 3]);
    const decision = decide({
      boundKey: KEY,
      recorded: recorded({ serial: "0b", state: { kind: "reserved", tbs } }),
    });
    expect(decision).toEqual({ ok: true, value: { kind: "finish", serial: "0b", tbs } });
  });
  it("gets a new certificate from fresh evidence once renewal is due: what is made anew never outlasts it", () => {
    const evidence = {
      binding: { kind: "csr" },
      id: "aws:1:i-1",
      holder: "aws:1:i-1",
      namesNode: false,
    } as const;
    const own = recorded({ credentialId: "aws:1:i-1" });
    expect(codeOf(decide({ recorded: own }, { credential: evidence }))).toBe("replay");
    const due = { credential: evidence, now: request.plan.value.renewAfter };
    expect(codeOf(decide({ recorded: own }, due))).toBe("fresh");
  });
  it("gets its bytes although nothing new could be made now, and a plan that was begun is finished", () => {
    const refused = { plan: refuse({ code: "ca-expired", detail: "", retryAfterSeconds: 1 }) };
    const ask = (view: Partial<LedgerView>) =>
      decideReservation({ ...request, ...refused }, { ...EMPTY, ...view });
    expect(codeOf(ask({ boundKey: KEY, recorded: recorded() }))).toBe("replay");
    const left = recorded({ state: { kind: "reserved", tbs: new Uint8Array() } });
    expect(codeOf(ask({ boundKey: KEY, recorded: left }))).toBe("finish");
    expect(codeOf(ask({}))).toBe("ca-expired");
  });
  it("gets a fresh certificate where peers no longer trust the root above the recorded one", () => {
    const ask = (trustedRoots: readonly string[]) =>
      decideReservation(
        { ...request, trustedRoots },
        { ...EMPTY, boundKey: KEY, recorded: recorded({ root: "old" }) },
      );
    expect(codeOf(ask(["old", "new"]))).toBe("replay");
    expect(codeOf(ask(["new"]))).toBe("fresh");
  });
  it("gets a fresh plan where the names of the one that was begun are no longer granted", () => {
    const left = recorded({ names: ["DNS:old"], state: { kind: "reserved", tbs: new Uint8Array() } });
    expect(codeOf(decide({ boundKey: KEY, recorded: left }))).toBe("fresh");
  });
  it("gets a fresh plan where the CA has changed since", () => {
    const left = recorded({ snapshotId: "other", state: { kind: "reserved", tbs: new Uint8Array() } });
    expect(codeOf(decide({ boundKey: KEY, recorded: left }))).toBe("fresh");
  });
  it("is refused for a second node", () => {
    expect(codeOf(decide({ keyHeldByAnotherNode: true }))).toBe("weak-key");
  });
});

describe("revocation", () => {
  it("as compromised bars the key for every credential", () => {
    expect(codeOf(decide({ keyBarred: true }))).toBe("revoked");
    expect(codeOf(decide({ keyBarred: true, recorded: recorded() }))).toBe("revoked");
  });
  it("ends the credential, also for the key that it is bound to", () => {
    expect(codeOf(decide({ lastRevoked: true, boundKey: KEY }))).toBe("revoked");
  });
  it("does not hide that a stolen credential comes with another key", () => {
    expect(codeOf(decide({ lastRevoked: true, boundKey: "f".repeat(64) }))).toBe("credential-bound");
  });
});

describe("evidence", () => {
  const byCsr = {
    credential: { binding: { kind: "csr" }, id: "aws:1:i-1", holder: "aws:1:i-1", namesNode: false },
  } as const;
  const stated = (statedAt: number, mayRebind = false) =>
    ({
      credential: {
        binding: { kind: "first-use", statedAt, mayRebind },
        holder: "aws:1:i-1",
        namesNode: false,
      },
    }) as const;

  it("that names the request is not bound: a second key has evidence of its own", () => {
    expect(codeOf(decide({ boundKey: "f".repeat(64), leaseHolder: "aws:1:i-1" }, byCsr))).toBe("fresh");
  });
  it("of a later statement takes the place of an earlier one, where the definition allows it", () => {
    const bound = { boundKey: "f".repeat(64), boundStatedAt: 100 };
    expect(codeOf(decide(bound, stated(101, true)))).toBe("fresh");
    expect(codeOf(decide(bound, stated(101)))).toBe("credential-bound");
    expect(codeOf(decide(bound, stated(100, true)))).toBe("credential-bound");
    expect(codeOf(decide(bound, stated(99, true)))).toBe("credential-bound");
  });
  it("that anything on the machine can read gives no second key to who has one by better evidence", () => {
    expect(codeOf(decide({ leaseHolder: "aws:1:i-1" }, stated(100)))).toBe("credential-bound");
    expect(codeOf(decide({ leaseHolder: "aws:1:i-1", recorded: recorded() }, stated(100)))).toBe("replay");
  });
  it("speaks for one node: who holds another name gets no second", () => {
    expect(codeOf(decide({ holderHasAnotherNode: true }, byCsr))).toBe("credential-bound");
  });
  it("does not take a name that another holds, although it names the node", () => {
    expect(codeOf(decide({ leaseHolder: "aws:1:i-2" }, byCsr))).toBe("node-held-by-another");
  });
});

describe("a node name", () => {
  const held = { leaseHolder: "key:somebody" };
  it("that another holds is refused to a credential for many nodes", () => {
    expect(codeOf(decide(held, { credential: { namesNode: false } }))).toBe("node-held-by-another");
  });
  it("moves at the word of a credential that names exactly this node", () => {
    expect(codeOf(decide(held, { credential: { namesNode: true } }))).toBe("fresh");
  });
  it("stays with its holder", () => {
    const own = { leaseHolder: request.credential.holder };
    expect(codeOf(decide(own, { credential: { namesNode: false } }))).toBe("fresh");
  });
  it("whose port another node of the host has is refused", () => {
    expect(codeOf(decide({ portHeldByAnotherNode: true }))).toBe("port-collision");
  });
});

describe("the checks of a reservation", () => {
  const failing = (view: Partial<LedgerView>, changes?: ReserveChanges): readonly string[] =>
    reservationChecks(reserveRequest(changes), { ...EMPTY, ...view })
      .filter(({ pass }) => pass === false)
      .map(({ name }) => name);

  it("pass by name where nothing is against it", () => {
    const checks = reservationChecks(reserveRequest(), EMPTY);
    expect(checks.map(({ name }) => name)).toEqual(RESERVATION_CHECKS);
    expect(failing({})).toEqual([]);
  });
  it("fail each by itself, whatever failed before", () => {
    const view: Partial<LedgerView> = {
      withdrawn: true,
      keyBarred: true,
      keyHeldByAnotherNode: true,
      leaseHolder: "key:of another",
      holderHasAnotherNode: true,
      portHeldByAnotherNode: true,
    };
    expect(failing(view, { credential: { namesNode: false } })).toEqual([
      "credential-is-free",
      "not-revoked",
      "key-is-its-own",
      "node-name-is-free",
      "identity-has-one-node",
      "port-is-free",
    ]);
  });
  it("tell what could not be made, although nothing else is against it", () => {
    const plan = refuse({ code: "ca-expired", detail: "the CA ends", retryAfterSeconds: 1 });
    expect(reservationChecks({ ...reserveRequest(), plan }, EMPTY).at(-1)).toEqual({
      name: "certificate-can-be-made",
      pass: false,
      detail: "the CA ends",
    });
  });
});
