import { describe, expect, it } from "vitest";
import { fileNamed, refused, rendered, type Wish } from "../requests.ts";

const environment = (settings: Readonly<Record<string, unknown>>) =>
  fileNamed(rendered("emqx", { settings: { packaging: "docker", ...settings } }), "emqx.env").content;

describe("EMQX", () => {
  it("replaces the shipped ssl_dist.conf and merges emqx.conf", () => {
    expect(rendered("emqx").files.map(({ path, mergeComment }) => [path, mergeComment])).toEqual([
      ["/etc/emqx/ssl_dist.conf", null],
      ["/etc/emqx/emqx.conf", "#"],
    ]);
  });

  it("has variables instead of emqx.conf in containers, and no command", () => {
    const { files, apply } = rendered("emqx", { settings: { packaging: "kubernetes" } });
    expect(files.map(({ path, mergeComment }) => [path, mergeComment])).toEqual([
      ["/opt/emqx/etc/ssl_dist.conf", null],
      ["/opt/emqx/etc/emqx.env", null],
    ]);
    expect(apply.commands).toEqual([]);
    expect(rendered("emqx").apply.commands).toEqual(["systemctl restart emqx"]);
  });

  it("is told where the option file is only if it is not where it looks", () => {
    const variable = /^EMQX_SSL_DIST_OPTFILE=(.*)$/m;
    expect(environment({})).not.toMatch(variable);
    expect(variable.exec(environment({ configDir: "/data/etc" }))?.[1]).toBe("/data/etc/ssl_dist.conf");
  });

  it.each(["-abc", "-"])("refuses the cookie %s, which Erlang would read as a flag", (cookie) => {
    expect(refused("emqx", { cookie })).toMatchObject({ code: "option-invalid", field: "cookie" });
  });

  it.each(["123", "1e5", "1E-5", "true", "False", "null"])(
    "refuses the cookie %s in a variable, where it is not text",
    (cookie) => {
      expect(refused("emqx", { cookie, settings: { packaging: "docker" } })).toMatchObject({
        code: "option-invalid",
        field: "cookie",
      });
      expect(fileNamed(rendered("emqx", { cookie }), "emqx.conf").content).toContain(
        `cookie = "${cookie}"\n`,
      );
    },
  );

  it("takes other cookies in a variable as they are", () => {
    for (const cookie of ["9abc", "abc", "a-b_c", "truely", "_1"]) {
      const { content } = fileNamed(
        rendered("emqx", { cookie, settings: { packaging: "docker" } }),
        "emqx.env",
      );
      expect(content).toContain(`EMQX_NODE__COOKIE=${cookie}\n`);
    }
  });

  it.each<[string, Wish, readonly string[]]>([
    [
      "TLS 1.3 alone",
      { settings: { tlsVersions: ["1.3"] } },
      ["tls13-only-old-peers", "emqx-tls-versions-5.4"],
    ],
    ["TLS 1.2 alone", { settings: { tlsVersions: ["1.2"] } }, ["emqx-tls-versions-5.4"]],
    ["IPv6", { node: "emqx@fd00:20::12" }, ["emqx-inet6-5.4"]],
    ["a wildcard, which RPC does not look at and the option file can match", { wildcard: true }, []],
  ])("warns of %s", (_, wish, codes) => {
    expect(rendered("emqx", wish).warnings.map(({ code }) => code)).toEqual(codes);
  });
});
