import { describe, expect, it } from "vitest";
import { parseConfigCall } from "../../src/http/config-options.ts";

const parse = (query: string) => parseConfigCall(new URL(`https://api.example/config?${query}`));
const fieldOf = (query: string): unknown => {
  const result = parse(query);
  return result.ok ? result.value : [result.error.code, result.error.field];
};

describe("the options of a configuration call", () => {
  it("say what to render beside the node's files, and for which peers", () => {
    const result = parse("with=firewall&peers=10.20.0.0/24,fd00::1&portOffset=1&format=tar");
    expect(result).toMatchObject({
      ok: true,
      value: { companion: "firewall", render: { portOffset: 1 }, peers: [{ prefix: 24 }, { prefix: 128 }] },
    });
  });
  it("are all optional", () => {
    expect(parse("")).toMatchObject({ ok: true, value: { companion: null, peers: null } });
  });
  it.each([
    ["with=haproxy", "with"],
    ["with=", "with"],
    ["with=proxy&with=firewall", "with"],
    ["with=proxy&peers=10.0.0.1", "peers"],
    ["peers=10.0.0.1", "peers"],
    ["with=firewall&peers=", "peers"],
    ["with=firewall&peers=10.0.0.1,", "peers"],
    ["with=firewall&peers=0.0.0.0/0", "peers"],
    ["with=firewall&peers=10.0.0.1/24", "peers"],
    ["with=firewall&peers=10.0.0.1;%20drop", "peers"],
    ["with=firewall&peers=node-1.example", "peers"],
    [`with=firewall&peers=${Array<string>(257).fill("10.0.0.1").join(",")}`, "peers"],
    ["lifetime=1h", "lifetime"],
  ])("refuse %s by name", (query, field) => {
    expect(fieldOf(query)).toEqual(["option-invalid", field]);
  });
});
