import { describe, expect, it } from "vitest";
import { parseNodeName } from "../../src/node/node-name.ts";
import { fitNames } from "../../src/policy/fit-names.ts";
import { grantedNames } from "../../src/policy/names.ts";
import { clusterWith } from "./cluster.ts";

const grantFor = () => {
  const cluster = clusterWith();
  const node = parseNodeName("rabbit@mq-1.prod.internal");
  if (!node.ok) throw new Error("not a node name");
  return { cluster, node: node.value, names: grantedNames(cluster, node.value), lifetime: 86_400 };
};

const fitted = (permitted: readonly string[] | null, excluded: readonly string[] = []): readonly string[] =>
  fitNames(grantFor(), { nameConstraints: { permitted, excluded } }).names.map(({ value }) => value);

describe("the names of a grant under a CA", () => {
  it("are all of them where the CA is not constrained, or permits the bare name too", () => {
    expect(fitted(null)).toEqual(["mq-1.prod.internal", "mq-1"]);
    expect(fitted(["prod.internal", "mq-1"])).toEqual(["mq-1.prod.internal", "mq-1"]);
  });
  it("lack the bare host name where the constraints exclude it", () => {
    expect(fitted(["prod.internal"])).toEqual(["mq-1.prod.internal"]);
    expect(fitted(null, ["mq-1"])).toEqual(["mq-1.prod.internal"]);
  });
  it("keep every name that an operator granted, for the plan to refuse", () => {
    expect(fitted(["other.internal"])).toEqual(["mq-1.prod.internal"]);
  });
});
