import { createHash } from "node:crypto";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Content } from "../../../src/http/forms/content.ts";
import { manifest } from "../../../src/http/forms/manifest.ts";
import { applyTo } from "../../../src/render/apply.ts";
import type { RenderedFile } from "../../../src/render/renderer.ts";
import { rendered } from "../../render/requests.ts";

const account = { owner: "rabbitmq", group: "rabbitmq" };
const file = (path: string, content: string): RenderedFile => ({
  path,
  content,
  mode: "0640",
  ...account,
  mergeComment: null,
});

const contentOf = async (
  settings: Readonly<Record<string, unknown>>,
  more: readonly RenderedFile[] = [],
): Promise<Content> => {
  const rendering = rendered("rabbitmq", { settings });
  return {
    title: "a bundle",
    rendering,
    apply: await applyTo(rendering, { have: null, running: false }),
    files: [...more, ...rendering.files],
    warnings: [{ code: "a-code", detail: "a sentence" }],
    members: {},
    facts: { node: "rabbit@r1.nodes.example", "renew-after": 1_797_003_274 },
    chain: null,
    mtime: 0,
  };
};

/** Reads a manifest by its rule: a line that begins with a blank belongs to the file named above it. */
const filesOf = (
  text: string,
): ReadonlyMap<string, { readonly words: readonly string[]; content: string }> => {
  const files = new Map<string, { words: readonly string[]; content: string }>();
  let last = { words: [] as readonly string[], content: "" };
  for (const line of text.split("\n")) {
    if (line.startsWith(" ")) last.content += `${line.slice(1)}\n`;
    else if (/^(?:certificate|ca|crl|own|shared) /.test(line)) {
      last = { words: line.split(" "), content: "" };
      files.set(last.words[1] ?? "", last);
    }
  }
  return files;
};

describe("a manifest", () => {
  it("begins with its version, says facts and advice, and ends with `end`", async () => {
    const lines = (await manifest(await contentOf({ combined: true }))).split("\n");
    expect(lines.slice(0, 5)).toEqual([
      "interlock-manifest 1",
      "node rabbit@r1.nodes.example",
      "renew-after 1797003274",
      "key /etc/rabbitmq/tls/node_key.pem 0600 rabbitmq rabbitmq",
      "combined /etc/rabbitmq/tls/combined.pem 0600 rabbitmq rabbitmq",
    ]);
    expect(lines.slice(-4)).toEqual([
      "command systemctl restart rabbitmq-server",
      "warning a-code: a sentence",
      "end",
      "",
    ]);
  });
  it("says of each file what it is to the node", async () => {
    const { rendering } = await contentOf({ revocation: "file" });
    const more = [
      file(rendering.certificate.path, "leaf\n"),
      file(rendering.caBundle.path, "roots\n"),
      file(`${rendering.crlFolder?.path ?? ""}/0a1b2c3d.r0`, "crl\n"),
    ];
    const files = filesOf(await manifest(await contentOf({ revocation: "file" }, more)));
    expect([...files.values()].map(({ words }) => words[0])).toEqual([
      "certificate",
      "ca",
      "crl",
      "own",
      "shared",
    ]);
  });
  it("gives every content back, and its digest", () =>
    fc.assert(
      fc.asyncProperty(fc.array(fc.stringMatching(/^[^\n\r]*$/)), async (lines) => {
        const content = `${lines.join("\n")}\n`;
        const read = filesOf(await manifest(await contentOf({}, [file("/etc/x", content)]))).get("/etc/x");
        expect(read?.content).toBe(content);
        expect(read?.words[5]).toBe(createHash("sha256").update(content).digest("hex"));
      }),
      { numRuns: 50 },
    ));
  it("has no way to write a file that does not end with a newline", async () => {
    await expect(manifest(await contentOf({}, [file("/etc/x", "no end")]))).rejects.toThrow("newline");
  });
});
