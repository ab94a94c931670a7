import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { attempt } from "../../support/process.ts";
import { rendered } from "../requests.ts";

/** The command for a combined file is run, because what counts is what it leaves on a node. */
describe("the combined file", () => {
  let folder = "";
  beforeEach(() => {
    folder = join(mkdtempSync(join(tmpdir(), "interlock-")), "tls");
    mkdirSync(folder);
    writeFileSync(join(folder, "node.pem"), "leaf\nintermediate\n");
    writeFileSync(join(folder, "node_key.pem"), "key\n");
    chmodSync(join(folder, "node_key.pem"), 0o600);
  });
  afterEach(() => rmSync(join(folder, ".."), { recursive: true }));

  const combine = async () => {
    const { apply } = rendered("rabbitmq", { settings: { combined: true, certsDir: folder } });
    expect(apply.prepare).toHaveLength(1);
    return attempt(["/bin/sh", "-c", apply.prepare[0] ?? ""]);
  };
  const combined = () => join(folder, "combined.pem");

  it("has the certificate, then the key, for the key's owner alone", async () => {
    expect(await combine()).toEqual({ code: 0, stdout: "", stderr: "" });
    expect(readFileSync(combined(), "utf8")).toBe("leaf\nintermediate\nkey\n");
    expect(statSync(combined()).mode & 0o777).toBe(0o600);
    expect(statSync(combined()).uid).toBe(statSync(join(folder, "node_key.pem")).uid);
  });

  it("is made anew with a modification time that Erlang notices, and leaves nothing beside it", async () => {
    await combine();
    const longAgo = 1_000_000_000;
    for (const name of readdirSync(folder)) utimesSync(join(folder, name), longAgo, longAgo);
    writeFileSync(join(folder, "node.pem"), "renewed\n");
    expect(await combine()).toMatchObject({ code: 0 });
    expect(readFileSync(combined(), "utf8")).toBe("renewed\nkey\n");
    expect(statSync(combined()).mtimeMs).toBeGreaterThan(Date.now() - 60_000);
    expect(readdirSync(folder).toSorted()).toEqual(["combined.pem", "node.pem", "node_key.pem"]);
  });

  it("stays what it was when there is no key yet", async () => {
    await combine();
    rmSync(join(folder, "node_key.pem"));
    expect((await combine()).code).not.toBe(0);
    expect(readFileSync(combined(), "utf8")).toBe("leaf\nintermediate\nkey\n");
  });

  it("is named for both, and nothing is made where it is off", () => {
    const on = rendered("rabbitmq", { settings: { combined: true } });
    const off = rendered("rabbitmq");
    expect(on.files[0]?.content.match(/\{(?:certfile|keyfile), ".*"\}/g)).toEqual([
      '{certfile, "/etc/rabbitmq/tls/combined.pem"}',
      '{keyfile, "/etc/rabbitmq/tls/combined.pem"}',
      '{certfile, "/etc/rabbitmq/tls/combined.pem"}',
      '{keyfile, "/etc/rabbitmq/tls/combined.pem"}',
    ]);
    expect(off.apply.prepare).toEqual([]);
    expect([on.certificate, on.privateKey]).toEqual([off.certificate, off.privateKey]);
  });
});
