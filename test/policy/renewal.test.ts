import { describe, expect, it } from "vitest";
import { FIRST_USE, type Principal } from "../../src/auth/principal.ts";
import { RETENTION_SECONDS } from "../../src/ledger/sweep.ts";
import { refuseRenewal } from "../../src/policy/renewal.ts";
import { clustersWith, clusterWith, definitionWith } from "./cluster.ts";

const KEY = "a".repeat(64);
const principal = (binding: Principal["binding"]): Principal => ({
  kind: "possession",
  id: "cert:01",
  nodes: { exact: "rabbit@mq-1.prod.internal" },
  subject: null,
  binding,
  uses: 1,
  expiresAt: 0,
  expired: false,
  pin: null,
});
const renewing = (lapsedSeconds: number): Principal =>
  principal({
    kind: "possession",
    serial: "01",
    spkiSha256: KEY,
    proofSha256: "b".repeat(64),
    lapsedSeconds,
  });
const codeOf = (...args: Parameters<typeof refuseRenewal>): string | null =>
  refuseRenewal(...args)?.code ?? null;

const DAY = 86_400;
const strict = clusterWith();
const graceful = clusterWith({ renewal: { graceAfterExpiry: "7d" } });

describe("a renewal", () => {
  it("is allowed while the certificate is valid, early or not", () => {
    expect(codeOf(renewing(0), strict, false)).toBeNull();
    expect(codeOf(renewing(0), strict, true)).toBeNull();
  });
  it("after the certificate's end is for clusters that say so, and for as long as they say", () => {
    expect(codeOf(renewing(1), strict, false)).toBe("credential-expired");
    expect(codeOf(renewing(7 * DAY), graceful, false)).toBeNull();
    expect(codeOf(renewing(7 * DAY + 1), graceful, false)).toBe("credential-expired");
  });
  it("after the end can be allowed for as long as the ledger remembers, and no longer", () => {
    expect(clustersWith(definitionWith({ renewal: { graceAfterExpiry: "30d" } })).ok).toBe(true);
    expect(clustersWith(definitionWith({ renewal: { graceAfterExpiry: "31d" } })).ok).toBe(false);
    expect(RETENTION_SECONDS).toBeGreaterThanOrEqual(30 * DAY);
  });
  it("by a key that was blocked since is refused", () => {
    const blocking = clusterWith({ certificate: { blockedKeys: [KEY] } });
    expect(codeOf(renewing(0), blocking, false)).toBe("renewal-refused");
  });
  it("before its time needs a proof: a retry with a token would make another certificate each time", () => {
    expect(codeOf(principal(FIRST_USE), strict, true)).toBe("option-invalid");
    expect(codeOf(principal(FIRST_USE), strict, false)).toBeNull();
  });
});
