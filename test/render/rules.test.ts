import { describe, expect, it } from "vitest";
import type { RenderedFile, Rendering } from "../../src/render/renderer.ts";
import { CASES, type Case } from "./cases.ts";
import { rendered } from "./requests.ts";

/** What erlang.md §15 says that a renderer's own tests can do, on every golden case. */
const RENDERED = CASES.map((test) => ({ name: test.name, test, rendering: rendered(test.product, test) }));

const isFlags = ({ settings }: Case): boolean => settings?.["strategy"] === "flags";
const onlyTls13 = ({ settings }: Case): boolean => JSON.stringify(settings?.["tlsVersions"]) === '["1.3"]';

const OPTION_FILE =
  /(?:^%%.*\n)*\[\n {2}\{server, \[\n([^\]]*(?:\[[^\]]*\][^\]]*)*)\]\},\n {2}\{client, \[\n([^]*)\n {2}\]\}\n\]\.\n$/;

const optionFilesOf = ({ files }: Rendering): readonly RenderedFile[] =>
  files.filter(({ content }) => content.startsWith("%% -*- coding: utf-8 -*-\n"));

/** Keys of the options of one section, in order. */
const keysOf = (section: string | undefined): readonly string[] =>
  [...(section ?? "").matchAll(/^ {4}\{([a-z_]+),/gm)].map(([, key]) => key ?? "");

const commonKeys = ({ settings }: Case): readonly string[] => [
  "cacertfile",
  "certfile",
  "keyfile",
  "versions",
  "verify",
  ...(settings?.["revocation"] === "file" ? ["crl_check", "crl_cache"] : []),
];

describe.each(RENDERED)("$name", ({ test, rendering }) => {
  it("has an option file or flags, never both, and each key in the section that takes it", () => {
    const files = optionFilesOf(rendering);
    expect(files).toHaveLength(isFlags(test) ? 0 : 1);
    for (const { content } of files) {
      const [, server, client] = OPTION_FILE.exec(content) ?? [];
      expect(keysOf(server)).toEqual([...commonKeys(test), "fail_if_no_peer_cert", "depth"]);
      expect(keysOf(client)).toEqual([
        ...commonKeys(test),
        "depth",
        ...(test.wildcard === true ? ["customize_hostname_check"] : []),
      ]);
    }
    const text = rendering.files.map(({ content }) => content).join("");
    expect(text.includes("-ssl_dist_opt ")).toBe(isFlags(test));
    expect(text).not.toMatch(/ERL_SSL_PATH|-pa |verify_none|password/);
    expect(text.includes("crl_check")).toBe(rendering.crlFolder !== null);
  });

  it("names the option file at most once in each command line", () => {
    const lines = rendering.files.flatMap(({ content }) =>
      content.replaceAll(/ [\\^]\r?\n/g, "").split("\n"),
    );
    expect(lines.filter((line) => line.split("-ssl_dist_optfile ").length > 2)).toEqual([]);
  });

  it("has the same versions in both sections, newest first", () => {
    for (const { content } of optionFilesOf(rendering)) {
      const versions = [...content.matchAll(/\{versions, (.*)\},$/gm)].map(([, list]) => list);
      expect(versions).toHaveLength(2);
      expect(new Set(versions).size).toBe(1);
      if (test.settings?.["tlsVersions"] === undefined) expect(versions[0]).toBe("['tlsv1.3', 'tlsv1.2']");
    }
    if (onlyTls13(test))
      expect(rendering.files.some(({ content }) => content.includes("tlsv1.2"))).toBe(false);
  });

  it("calls a function in the option file only for a wildcard, and only in the client's section", () => {
    for (const { content } of optionFilesOf(rendering)) {
      const calls = content.replaceAll(/^%%.*$/gm, "").match(/[a-z_]+:[a-z_]+\(/g) ?? [];
      expect(calls).toEqual(test.wildcard === true ? ["public_key:pkix_verify_hostname_match_fun("] : []);
    }
  });

  it("has the files' modes: key 0600, option file 0640, certificates 0644, cookie 0400", () => {
    expect([rendering.privateKey.mode, rendering.certificate.mode, rendering.caBundle.mode]).toEqual([
      "0600",
      "0644",
      "0644",
    ]);
    expect(optionFilesOf(rendering).every(({ mode }) => mode === "0640")).toBe(true);
    for (const { content, mode } of rendering.files) {
      if (test.cookie !== undefined && content.includes(test.cookie)) expect(mode).toMatch(/^0(?:400|640)$/);
    }
  });

  it("delivers the cookie where one is given", () => {
    const holders = rendering.files.filter(({ content }) => content.includes(test.cookie ?? "\0"));
    expect(holders.length).toBe(test.cookie === undefined ? 0 : 1);
  });

  it("owns every file as the product's account, at a path of its own", () => {
    const { owner, group } = rendering.privateKey;
    const all = [...rendering.files, rendering.certificate, rendering.caBundle, rendering.privateKey];
    expect(new Set(all.map((file) => `${file.owner}:${file.group}`))).toEqual(new Set([`${owner}:${group}`]));
    expect(new Set(all.map(({ path }) => path)).size).toBe(all.length);
  });

  it("has ports within range, each name once", () => {
    const { ports } = rendering;
    expect(new Set(ports.map(({ name }) => name)).size).toBe(ports.length);
    expect(
      ports.every(({ port, lastPort = port }) => port > 0 && port <= lastPort && lastPort <= 65535),
    ).toBe(true);
  });

  it("ends every line as its reader wants", () => {
    for (const { path, content } of rendering.files) {
      if (path.endsWith(".bat")) expect(content).toMatch(/^(?:[^\r\n]*\r\n)+$/);
      else expect(content).toMatch(/^(?:[^\r\n]*\n)+$/);
      expect(content).toMatch(/^[\r\n\x20-\x7e]*$/);
    }
  });
});

describe("RabbitMQ's flags", () => {
  const environments = RENDERED.filter(({ test }) => test.product === "rabbitmq" && isFlags(test)).map(
    ({ name, rendering }) => ({
      name,
      words:
        (rendering.files[0]?.content ?? "")
          .replaceAll(/ [\\^]\r?\n/g, " ")
          .match(/SERVER_ADDITIONAL_ERL_ARGS="?([^"\r\n]*)/)?.[1]
          ?.split(/ +/) ?? [],
    }),
  );

  /** erlang.md §6, less `ciphers` and `verify_fun`, which differ between releases. */
  const KEYS =
    /^(?:server|client)_(?:certfile|cacertfile|keyfile|verify|depth|secure_renegotiate)$|^server_fail_if_no_peer_cert$/;

  it.each(environments)("are one pair behind each -ssl_dist_opt ($name)", ({ words }) => {
    expect(words.slice(0, 2)).toEqual(["-proto_dist", "inet_tls"]);
    const rest = words.slice(2);
    expect(rest.length).toBeGreaterThan(30);
    const groups = rest
      .join(" ")
      .split(/ ?-ssl_dist_opt /)
      .slice(1);
    expect(groups.map((group) => group.split(" ").length)).toEqual(groups.map(() => 2));
    const keys = groups.map((group) => group.split(" ")[0] ?? "");
    expect(keys.filter((key) => !KEYS.test(key))).toEqual([]);
    expect(new Set(keys).size).toBe(keys.length);
  });

  it.each(environments)("name the key even where it is in the certificate's file ($name)", ({ words }) => {
    for (const role of ["server", "client"]) {
      const path = words[words.indexOf(`${role}_keyfile`) + 1];
      expect(path).toMatch(/(?:node_key|combined)\.pem$/);
      if (path?.endsWith("combined.pem") === true)
        expect(words[words.indexOf(`${role}_certfile`) + 1]).toBe(path);
    }
  });
});
