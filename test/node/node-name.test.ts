import { describe, expect, it } from "vitest";
import { parseNodeName } from "../../src/node/node-name.ts";

describe("a node name", () => {
  it.each([
    ["rabbit@mq-1.prod.internal", true],
    ["rabbit@mq-1", false],
    ["emqx1@192.168.0.11", true],
    ["app@fd00::1", true],
    ["my_app-2@a.b", true],
  ])("%s is parsed, and says whether it is a long one", (text, long) => {
    const node = parseNodeName(text);
    expect(node).toMatchObject({ ok: true, value: { text, long, name: text.split("@")[0] } });
  });
  it.each([
    "",
    "@host",
    "rabbit@",
    "rabbit",
    "rabbit@a@b",
    "rabbit@x', halt(), '",
    "rabbit@node 01.x",
    "RABBIT@a",
    "-rabbit@a",
    "rabbit@-a",
    "rabbit@$(hostname -f)",
    "rabbit@[::1]",
    "rabbit@a/../x",
    "rabbit@a%2eb",
    "rabbit@%",
    "rabbit@a\n",
    `${"r".repeat(200)}@${"h".repeat(55)}`,
  ])("%j is refused", (text) => {
    expect(parseNodeName(text)).toMatchObject({ ok: false, error: { code: "malformed-request" } });
  });
});
