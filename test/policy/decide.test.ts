import { describe, expect, it } from "vitest";
import type { Principal } from "../../src/auth/principal.ts";
import { parseNodeForm, type NodeForm } from "../../src/node/node-form.ts";
import { parseNodeName, type NodeName } from "../../src/node/node-name.ts";
import { decide, nodeAllowed } from "../../src/policy/decide.ts";
import { clusterWith } from "./cluster.ts";

const HOUR = 3600;
const DAY = 24 * HOUR;
const cluster = clusterWith();

const node = (text: string): NodeName => {
  const parsed = parseNodeName(text);
  if (!parsed.ok) throw new Error(`not a node name: ${text}`);
  return parsed.value;
};

const form = (text: string): NodeForm => {
  const parsed = parseNodeForm(text);
  if (parsed === null) throw new Error(`not a form of node names: ${text}`);
  return parsed;
};

const principal = (nodes: Principal["nodes"]): Principal => ({
  kind: "token",
  id: "jti:00",
  nodes,
  subject: null,
  binding: { kind: "first-use" },
  uses: 1,
  expiresAt: 0,
  expired: false,
  pin: null,
});

const mq1 = node("rabbit@mq-1.prod.internal");
const exact = principal({ exact: mq1.text });

describe("decide", () => {
  it("grants the node that the definition and the credential allow, for the cluster's own lifetime", () => {
    expect(decide(exact, cluster, mq1, null)).toEqual({
      ok: true,
      value: {
        cluster,
        node: mq1,
        names: [
          { type: "dns", value: "mq-1.prod.internal" },
          { type: "dns", value: "mq-1" },
        ],
        lifetime: 30 * DAY,
      },
    });
  });

  it("grants a node of the form that the credential carries", () => {
    expect(decide(principal({ form: form("rabbit@*.prod.internal") }), cluster, mq1, null)).toMatchObject({
      ok: true,
    });
  });

  it.each([
    ["a name that the cluster does not have", "emqx@mq-1.prod.internal", "cluster-allows-name"],
    ["a host that the cluster does not have", "rabbit@mq-1.test.internal", "cluster-allows-host"],
    ["a host two labels below the zone", "rabbit@a.mq-1.prod.internal", "cluster-allows-host"],
  ])("refuses %s although the credential names it", (_defect, text, check) => {
    const result = decide(principal({ exact: text }), cluster, node(text), null);
    expect(result).toMatchObject({ ok: false, error: { code: "node-not-allowed" } });
    expect(failedChecks(result)).toEqual([check]);
  });

  it.each([
    ["another node's credential", { exact: "rabbit@mq-2.prod.internal" }],
    ["a longer node's credential", { exact: "rabbit@mq-1.prod.internal2" }],
    ["a form of another zone", { form: form("rabbit@*.test.internal") }],
    ["a form of another name", { form: form("bunny@*.prod.internal") }],
    ["a form where a name belongs", { exact: "rabbit@*.prod.internal" }],
  ])("refuses %s", (_defect, nodes) => {
    const result = decide(principal(nodes), cluster, mq1, null);
    expect(result).toMatchObject({ ok: false, error: { code: "node-not-allowed" } });
    expect(failedChecks(result)).toEqual(["credential-names-node"]);
  });

  it("names every rule with its outcome", () => {
    expect(decide(exact, cluster, node("emqx@mq-1.test.internal"), null)).toMatchObject({
      error: {
        checks: [
          { name: "cluster-allows-name", pass: false },
          { name: "cluster-allows-host", pass: false },
          { name: "credential-names-node", pass: false },
        ],
      },
    });
  });

  it.each([HOUR, 36 * HOUR, 90 * DAY])("grants a lifetime of %d seconds", (lifetime) => {
    expect(decide(exact, cluster, mq1, lifetime)).toMatchObject({ ok: true, value: { lifetime } });
  });

  it.each([
    ["a second below an hour", HOUR - 1],
    ["a second above maxLifetime", 90 * DAY + 1],
    ["nothing", 0],
    ["less than nothing", -DAY],
    ["a fraction", HOUR + 0.5],
    ["no number", Number.NaN],
    ["no end", Number.POSITIVE_INFINITY],
  ])("refuses a lifetime of %s", (_defect, lifetime) => {
    expect(decide(exact, cluster, mq1, lifetime)).toMatchObject({
      ok: false,
      error: { code: "option-invalid", field: "lifetime" },
    });
  });

  it("refuses a kind of credential that the cluster does not list", () => {
    expect(decide(exact, clusterWith({ bootstrap: [] }), mq1, null)).toMatchObject({
      ok: false,
      error: { code: "credential-invalid" },
    });
  });
});

const failedChecks = (result: ReturnType<typeof decide>): readonly string[] =>
  result.ok || result.error.code !== "node-not-allowed"
    ? []
    : (result.error.checks ?? []).filter((check) => !check.pass).map((check) => check.name);

describe("nodeAllowed", () => {
  it("answers for the definition alone", () => {
    expect(nodeAllowed(cluster, mq1)).toEqual({ ok: true, value: mq1 });
    expect(nodeAllowed(cluster, node("emqx@mq-1.prod.internal"))).toMatchObject({
      ok: false,
      error: {
        code: "node-not-allowed",
        checks: [
          { name: "cluster-allows-name", pass: false },
          { name: "cluster-allows-host", pass: true },
        ],
      },
    });
  });
});
