import { execFileSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { describe, expect, it } from "vitest";

const leftovers = (): readonly string[] =>
  readdirSync(tmpdir()).filter((name) => name.startsWith("interlock-demo-"));

describe("npm run demo", () => {
  it("shows the main job from nothing, and leaves nothing behind", () => {
    const before = leftovers();
    const output = execFileSync("npm", ["run", "-s", "demo"], { encoding: "utf8", timeout: 110_000 });
    expect(output).toContain("node.pem: OK");
    expect(output).toContain("inter_node_tls.conf");
    expect(output).toMatch(/connected\.[^]*refused\.[^]*refused\.|Erlang is not installed here/);
    expect(output).toContain("Done.");
    expect(leftovers()).toEqual(before);
  });
});
