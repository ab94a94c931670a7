import { describe, expect, it } from "vitest";
import { parseNodeName } from "../../src/node/node-name.ts";
import { formMatches, formWithin, parseNodeForm } from "../../src/node/node-form.ts";
import { clusterWith } from "../policy/cluster.ts";

const formHas = (form: string, node: string): boolean => {
  const parsed = parseNodeForm(form);
  const name = parseNodeName(node);
  if (parsed === null || !name.ok) throw new Error(`not a form and a node: ${form}, ${node}`);
  return formMatches(parsed, name.value);
};

describe("node forms", () => {
  it("stand for every host one label below the zone", () => {
    expect(formHas("rabbit@*.prod.internal", "rabbit@mq-1.prod.internal")).toBe(true);
  });

  it.each([
    ["another name", "emqx@mq-1.prod.internal"],
    ["the zone itself", "rabbit@prod.internal"],
    ["two labels more", "rabbit@a.b.prod.internal"],
    ["a suffix that is no label", "rabbit@mq-1.evilprod.internal"],
    ["an address", "rabbit@10.0.0.1"],
  ])("do not stand for %s", (_defect, node) => {
    expect(formHas("rabbit@*.prod.internal", node)).toBe(false);
  });

  it.each([
    "",
    "rabbit",
    "rabbit@mq-1.prod.internal",
    "rabbit@*",
    "rabbit@*.",
    "rabbit@*.*.internal",
    "*@*.internal",
    "rabbit<n>@*.internal",
    "rabbit@*.Prod.internal",
    "rabbit@*.10.0.0.1",
    "rabbit@x@*.internal",
    "@*.internal",
    `rabbit@*.${"a.".repeat(126)}a`,
  ])("%j is no form", (text) => {
    expect(parseNodeForm(text)).toBeNull();
  });

  it.each([
    ["rabbit@*.prod.internal", true],
    ["rabbit@*.rack-2.internal", true],
    ["rabbit@*.single.internal", false],
    ["other@*.prod.internal", false],
    ["rabbit@*.internal", false],
    ["rabbit@*.a.prod.internal", false],
  ])("%s within the definition: %s", (text, within) => {
    const { nodes } = clusterWith({
      nodes: {
        names: ["rabbit"],
        hosts: ["*.prod.internal", "*.rack-<n>.internal", "mq-<n>.single.internal"],
      },
    });
    const form = parseNodeForm(text);
    expect(form !== null && formWithin(form, nodes)).toBe(within);
  });
});
