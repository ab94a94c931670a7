import { describe, expect, it } from "vitest";
import { erlangReader, readVmArgs } from "../../support/erlang-reader.ts";
import { requireOrSkip } from "../../support/requirements.ts";
import { fileNamed, refused, rendered } from "../requests.ts";

const EPMDLESS = { epmd: false } as const;

describe("a release", () => {
  it("has a port a node with epmd, moved by the offset", () => {
    const { ports, portOffset } = rendered("erlang", { portOffset: 5 });
    expect(ports.map(({ name, port }) => [name, port])).toEqual([
      ["epmd", 4369],
      ["distribution", 9105],
    ]);
    expect(portOffset).toBe(5);
    expect(refused("erlang", { portOffset: 56436 })).toMatchObject({ code: "port-out-of-range" });
  });

  it("has the cluster's port without epmd, and no offset", () => {
    expect(rendered("erlang", { settings: EPMDLESS, portOffset: 0 }).ports.map(({ name }) => name)).toEqual([
      "distribution",
    ]);
    expect(refused("erlang", { settings: EPMDLESS, portOffset: 1 })).toMatchObject({
      code: "offset-conflict",
      field: "portOffset",
    });
    expect(refused("erlang", { settings: EPMDLESS, portOffset: -1 })).toMatchObject({
      code: "option-invalid",
      field: "portOffset",
    });
  });

  it.each(["vm-args", "elixir", "erl-flags", "ejabberd"])(
    "as %s refuses a cookie that Erlang would read as a flag",
    (release) => {
      expect(refused("erlang", { settings: { release }, cookie: "-s" })).toMatchObject({
        code: "option-invalid",
        field: "cookie",
      });
    },
  );

  it("refuses a wildcard with flags", () => {
    expect(refused("erlang", { wildcard: true, settings: { strategy: "flags" } })).toMatchObject({
      code: "option-invalid",
      field: "strategy",
    });
  });

  it("belongs to its user, and is restarted where its service has a name that we know", () => {
    const rendering = rendered("erlang", { settings: { user: "svc" } });
    expect(
      new Set([...rendering.files, rendering.privateKey].map(({ owner, group }) => `${owner}:${group}`)),
    ).toEqual(new Set(["svc:svc"]));
    expect(rendering.apply.commands).toEqual([]);
    expect(rendered("erlang", { settings: { release: "ejabberd" } }).apply.commands).toEqual([
      "systemctl restart ejabberd",
    ]);
    expect(
      rendered("erlang", { settings: { release: "ejabberd", packaging: "docker" } }).apply.commands,
    ).toEqual([]);
  });

  it("is warned of a second name or cookie in vm.args, which Erlang ignores", () => {
    expect(rendered("erlang").warnings.map(({ code }) => code)).toEqual(["arguments-once"]);
    expect(rendered("erlang", { settings: { release: "elixir" } }).warnings).toEqual([]);
  });

  it("has in ERL_FLAGS no name, which every other erl would take too", () => {
    const { content } = fileNamed(
      rendered("erlang", { settings: { release: "erl-flags" } }),
      "inter_node_tls.env",
    );
    expect(content).not.toMatch(/^ERL_FLAGS=.*-s?name /m);
  });
});

const words = (name: string, settings: Readonly<Record<string, unknown>>, node?: string) =>
  readVmArgs(
    rendered("erlang", { settings, cookie: "s", ...(node !== undefined && { node }) }).files.find(
      ({ path }) => path.endsWith(`/etc/${name}`),
    )?.content ?? "",
  );

requireOrSkip("Erlang", erlangReader)("Erlang", () => {
  const TLS = ["-proto_dist", "inet_tls", "-ssl_dist_optfile", "/opt/app/etc/inter_node_tls.conf"];
  const WITHOUT_EPMD = ["-start_epmd", "false", "-erl_epmd_port", "9100"];
  const RANGE = ["-kernel", "inet_dist_listen_min", "9100", "inet_dist_listen_max", "9100"];

  it("reads vm.args as these words", async () => {
    expect(await words("vm.args", {})).toEqual([
      "-name",
      "app@g1.nodes.example",
      "-setcookie",
      "s",
      ...TLS,
      ...RANGE,
    ]);
    expect(await words("vm.args", {}, "app@g1")).toEqual([
      "-sname",
      "app@g1",
      "-setcookie",
      "s",
      ...TLS,
      ...RANGE,
    ]);
    expect(await words("vm.args", EPMDLESS)).toEqual([
      "-name",
      "app@g1.nodes.example",
      "-setcookie",
      "s",
      ...TLS,
      ...WITHOUT_EPMD,
    ]);
  });

  it("reads a remote command's arguments without the node's port", async () => {
    expect(await words("vm.args", { release: "elixir" })).toEqual([...TLS, ...RANGE]);
    expect(await words("remote.vm.args", { release: "elixir" })).toEqual(TLS);
    expect(await words("remote.vm.args", { release: "elixir", ...EPMDLESS })).toEqual([
      ...TLS,
      ...WITHOUT_EPMD,
      "-dist_listen",
      "false",
    ]);
  });
});
