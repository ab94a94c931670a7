import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fillNodeTemplate, parseNodeTemplate } from "../../src/node/node-template.ts";
import { parseNodeName } from "../../src/node/node-name.ts";

const fill = (text: string, value: unknown): string | null => {
  const template = parseNodeTemplate(text);
  if (template === null) throw new Error(`no template: ${text}`);
  return fillNodeTemplate(template, () => value)?.text ?? null;
};

describe("a template of node names", () => {
  it.each([
    ["rabbit@{/pod/name}.mq.svc", "rabbit-0", "rabbit@rabbit-0.mq.svc"],
    ["rabbit@ip-{/x}.ec2.internal", "10", "rabbit@ip-10.ec2.internal"],
    ["rabbit@{/privateIp}", "10.20.0.11", "rabbit@10.20.0.11"],
    ["rabbit@{/privateIp}", "fd00:20::11", "rabbit@fd00:20::11"],
    ["{/node}", "rabbit@mq-1.prod.internal", "rabbit@mq-1.prod.internal"],
  ])("%s of %s is %s", (text, value, node) => expect(fill(text, value)).toBe(node));

  it.each([
    "*",
    "a.b",
    "A",
    "",
    "a@b",
    "-a",
    "a-",
    "a\n",
    "${x}",
    "../a",
    "é",
    "a".repeat(64),
    1,
    null,
    undefined,
    ["a"],
  ])("takes no %j for a label", (value) => expect(fill("rabbit@{/pod/name}.mq.svc", value)).toBeNull());
  it("takes an address for the whole host alone", () => {
    expect(fill("rabbit@{/privateIp}.mq.svc", "10.20.0.11")).toBeNull();
    expect(fill("rabbit@{/privateIp}", "10.20.0.999")).toBeNull();
  });
  it.each([
    "rabbit@mq-1.prod.internal",
    "{/name}@prod.internal",
    "rabbit@{/}.internal",
    "rabbit@{sub}.internal",
    "rabbit@{/a}_.internal",
    "rabbit@{/a.internal",
    "@{/a}",
    "",
  ])("is not %s", (text) => expect(parseNodeTemplate(text)).toBeNull());
  it("makes nothing but node names, whatever the value", () => {
    fc.assert(
      fc.property(fc.string(), (value) => {
        const node = fill("rabbit@{/a}.prod.internal", value);
        return node === null || (parseNodeName(node).ok && node === `rabbit@${value}.prod.internal`);
      }),
    );
  });
});
