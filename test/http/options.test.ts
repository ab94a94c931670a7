import { describe, expect, it } from "vitest";
import { parseConfigOptions, parseOptions, queryOptions } from "../../src/http/options.ts";

const fieldOf = (outcome: ReturnType<typeof parseOptions> | ReturnType<typeof queryOptions>): unknown =>
  outcome.ok ? outcome.value : [outcome.error.code, outcome.error.field];

describe("the options of a bundle call", () => {
  it("have one meaning in a JSON body and in the query string", () => {
    const json = parseOptions({
      portOffset: 3,
      combined: true,
      lifetime: "36h",
      dryRun: true,
      certsDir: "/etc/x",
      renew: "now",
    });
    const query = parseOptions({
      portOffset: "3",
      combined: "true",
      lifetime: "36h",
      dryRun: "true",
      certsDir: "/etc/x",
      renew: "now",
    });
    expect(json).toEqual(query);
    expect(json).toEqual({
      ok: true,
      value: {
        portOffset: 3,
        combined: true,
        lifetime: 129_600,
        renewNow: true,
        have: null,
        dryRun: true,
        certsDir: "/etc/x",
      },
    });
  });
  it("are all optional", () => {
    expect(parseOptions({})).toEqual({
      ok: true,
      value: { portOffset: null, lifetime: null, renewNow: false, have: null, dryRun: false },
    });
  });
  it.each([
    [{ portOffset: -1 }, "portOffset"],
    [{ portOffset: 1.5 }, "portOffset"],
    [{ portOffset: Infinity }, "portOffset"],
    [{ portOffset: "1e3" }, "portOffset"],
    [{ portOffset: "" }, "portOffset"],
    [{ combined: "yes" }, "combined"],
    [{ lifetime: 3600 }, "lifetime"],
    [{ lifetime: "soon" }, "lifetime"],
    [{ renew: true }, "renew"],
    [{ renew: "later" }, "renew"],
    [{ dryRun: 1 }, "dryRun"],
    [{ certsDir: ["/etc"] }, "certsDir"],
    [{ fail_if_no_peer_cert: false }, "fail_if_no_peer_cert"],
    [{ depth: -1 }, "depth"],
    [{ evidence: {} }, "evidence"],
  ])("refuses %j by name", (given, field) => {
    expect(fieldOf(parseOptions(given))).toEqual(["option-invalid", field]);
  });
  it("refuses what issues something where nothing is issued", () => {
    expect(fieldOf(parseConfigOptions({ lifetime: "1h" }))).toEqual(["option-invalid", "lifetime"]);
    expect(parseConfigOptions({ portOffset: "1" }).ok).toBe(true);
  });
});

describe("the query string", () => {
  it("is an object of its parameters, less format", () => {
    expect(fieldOf(queryOptions(new URL("http://a/?portOffset=1&format=tar")))).toEqual({ portOffset: "1" });
  });
  it("refuses a parameter given twice", () => {
    expect(fieldOf(queryOptions(new URL("http://a/?portOffset=1&portOffset=2")))).toEqual([
      "option-invalid",
      "portOffset",
    ]);
  });
});
