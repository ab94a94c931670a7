import { describe, expect, it } from "vitest";
import { cloudConfig } from "../../../src/http/forms/cloud-config.ts";
import type { RenderedFile } from "../../../src/render/renderer.ts";

const file = (changes: Partial<RenderedFile>): RenderedFile => ({
  path: "/etc/a.conf",
  content: "a\n\nb\n",
  mode: "0640",
  owner: "rabbitmq",
  group: "rabbitmq",
  mergeComment: null,
  ...changes,
});

describe("a cloud-config bundle", () => {
  it("is a write_files document that waits for the packages' users", () => {
    expect(cloudConfig([file({})])).toBe(
      [
        "#cloud-config",
        "write_files:",
        '  - path: "/etc/a.conf"',
        '    owner: "rabbitmq:rabbitmq"',
        '    permissions: "0640"',
        "    defer: true",
        "    content: |",
        "      a",
        "",
        "      b",
        "",
      ].join("\n"),
    );
  });
  it("appends to a file that other settings share", () => {
    expect(cloudConfig([file({ mergeComment: "#" })])).toContain("    append: true\n");
  });
  it.each(["  indented first\n", "no newline", "two\n\n", "\nblank first\n", "tab\there\n", "crlf\r\n", ""])(
    "quotes %j, which a literal block would change",
    (content) => {
      expect(cloudConfig([file({ content })])).toContain(`    content: ${JSON.stringify(content)}\n`);
    },
  );
});
