import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { tarArchive } from "../../../src/http/forms/tar.ts";
import type { RenderedFile } from "../../../src/render/renderer.ts";

const file = (path: string, content: string, mode = "0640"): RenderedFile => ({
  path,
  content,
  mode,
  owner: "nobody",
  group: "nogroup",
  mergeComment: null,
});
const LONG = `/etc/${"d".repeat(80)}/${"e".repeat(80)}/node.pem`;
const files = [file("/etc/a/b.conf", "hello\n"), file("/etc/empty", "", "0600"), file(LONG, "x".repeat(513))];

describe("a tar bundle, unpacked by tar", () => {
  let root: string;
  beforeAll(() => {
    root = mkdtempSync(join(tmpdir(), "interlock-tar-"));
    execFileSync("tar", ["-xm", "-C", root], { input: tarArchive(files, 1_795_348_800) });
  });
  afterAll(() => rmSync(root, { recursive: true }));

  it.each(files)("has $path with its content and mode", ({ path, content, mode }) => {
    expect(readFileSync(join(root, path), "utf8")).toBe(content);
    expect((statSync(join(root, path)).mode & 0o777).toString(8)).toBe(mode.replace(/^0/, ""));
  });
  it("has a fresh modification time: Erlang never notices an old one", () => {
    expect(Date.now() - statSync(join(root, "/etc/a/b.conf")).mtimeMs).toBeLessThan(60_000);
  });
  it("names owners, and carries the time that it was given", () => {
    const listing = execFileSync("tar", ["-tv", "--full-time", "--utc"], {
      input: tarArchive(files, 1_795_348_800),
    }).toString();
    expect(listing).toContain("nobody/nogroup");
    expect(listing).toContain("2026-11-22 12:00:00");
  });
  it("is the same to the byte for the same files", () => {
    expect(tarArchive(files, 0)).toEqual(tarArchive(files, 0));
  });
});
