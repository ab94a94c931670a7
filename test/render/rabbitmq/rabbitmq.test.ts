import { describe, expect, it } from "vitest";
import { readShell } from "../../support/shell-reader.ts";
import { fileNamed, refused, rendered, type Wish } from "../requests.ts";

const NUMBERS = ["NODE_PORT", "DIST_PORT", "CTL_DIST_PORT_MIN"];

/** Ports as the file sets them; a shell with `-u` fails where one is not set. */
const environment = async (wish: Wish, names: readonly string[] = NUMBERS) =>
  Object.fromEntries(
    await readShell(fileNamed(rendered("rabbitmq", wish), "rabbitmq-env.conf").content, names),
  );

const portsOf = (wish: Wish) =>
  Object.fromEntries(
    rendered("rabbitmq", wish).ports.map(({ name, port, lastPort }) => [name, lastPort ?? port]),
  );

describe("RabbitMQ's ports", () => {
  it("are left to it where they are its own", () => {
    const { content } = fileNamed(rendered("rabbitmq"), "rabbitmq-env.conf");
    expect(content).not.toMatch(/PORT/);
    expect(portsOf({})).toEqual({
      epmd: 4369,
      distribution: 25672,
      "stream-replication": 6500,
      tools: 35682,
      amqp: 5672,
    });
  });

  it("all move by the offset, epmd and the streams' range excepted", async () => {
    expect(portsOf({ portOffset: 10 })).toEqual({
      epmd: 4369,
      distribution: 25682,
      "stream-replication": 6500,
      tools: 35692,
      amqp: 5682,
    });
    expect(await environment({ portOffset: 10 })).toEqual({
      NODE_PORT: ["5682"],
      DIST_PORT: ["25682"],
      CTL_DIST_PORT_MIN: ["35682"],
    });
  });

  it("are all written where one is not its own, because RabbitMQ derives one from another", async () => {
    expect(await environment({ settings: { ports: { amqp: 6672 } } })).toEqual({
      NODE_PORT: ["6672"],
      DIST_PORT: ["25672"],
      CTL_DIST_PORT_MIN: ["35672"],
    });
  });

  it("end at 65535", () => {
    expect(portsOf({ portOffset: 29853 })).toMatchObject({ tools: 65535 });
    expect(refused("rabbitmq", { portOffset: 29854 })).toMatchObject({
      code: "port-out-of-range",
      field: "portOffset",
    });
  });

  it.each([-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY])("have no offset of %d", (portOffset) => {
    expect(refused("rabbitmq", { portOffset })).toMatchObject({
      code: "option-invalid",
      field: "portOffset",
    });
  });

  it("decide no two nodes' fate by their names", () => {
    expect(rendered("rabbitmq").exclusivePorts).toEqual([]);
  });
});

describe("RabbitMQ's names", () => {
  it("are long where the host has a dot or is an address", async () => {
    for (const node of ["rabbit@r1.nodes.example", "rabbit@10.20.0.12", "rabbit@fd00:20::12"]) {
      expect(await environment({ node }, ["NODENAME", "USE_LONGNAME"])).toEqual({
        NODENAME: [node],
        USE_LONGNAME: ["true"],
      });
    }
  });

  it("are short otherwise", () => {
    expect(fileNamed(rendered("rabbitmq", { node: "rabbit@r1" }), "rabbitmq-env.conf").content).not.toMatch(
      /USE_LONGNAME/,
    );
  });
});

describe("a wildcard", () => {
  it("is refused with flags, which cannot say how it matches", () => {
    expect(refused("rabbitmq", { wildcard: true, settings: { strategy: "flags" } })).toMatchObject({
      code: "option-invalid",
      field: "strategy",
    });
  });

  it("warns of releases that cannot read the option file", () => {
    expect(rendered("rabbitmq", { wildcard: true }).warnings.map(({ code }) => code)).toEqual([
      "rabbitmq-wildcard-3.10.8",
    ]);
  });
});

describe("warnings", () => {
  it.each<[string, Wish, readonly string[]]>([
    ["none", {}, []],
    ["flags", { settings: { strategy: "flags" } }, ["flags-tls12-only"]],
    ["TLS 1.3 alone", { settings: { tlsVersions: ["1.3"] } }, ["tls13-only-old-peers"]],
    ["TLS 1.2 alone", { settings: { tlsVersions: ["1.2"] } }, []],
    ["IPv6", { node: "rabbit@fd00:20::12" }, ["rabbitmq-inet6-streams"]],
    ["a cookie on Windows", { settings: { packaging: "windows" }, cookie: "s" }, ["windows-tools-cookie"]],
  ])("%s", (_, wish, codes) => {
    const { warnings } = rendered("rabbitmq", wish);
    expect(warnings.map(({ code }) => code)).toEqual(codes);
    expect(warnings.every(({ detail }) => /^[\x20-\x7e]{20,}[^.]$/.test(detail))).toBe(true);
  });
});

describe("a cookie", () => {
  it("is a file of its own that RabbitMQ alone reads", () => {
    expect(fileNamed(rendered("rabbitmq", { cookie: "-Zs9" }), ".erlang.cookie")).toEqual({
      path: "/var/lib/rabbitmq/.erlang.cookie",
      mode: "0400",
      owner: "rabbitmq",
      group: "rabbitmq",
      content: "-Zs9\n",
      mergeComment: null,
    });
  });
});

describe("what happens next", () => {
  it.each([
    ["package", ["systemctl restart rabbitmq-server"]],
    ["docker", []],
    ["kubernetes", []],
    [
      "windows",
      [
        "rabbitmq-service.bat stop",
        "rabbitmq-service.bat remove",
        "rabbitmq-service.bat install",
        "rabbitmq-service.bat start",
      ],
    ],
  ])("as %s is %j", (packaging, commands) => {
    expect(rendered("rabbitmq", { settings: { packaging } }).apply).toEqual({
      prepare: [],
      effect: "restart",
      commands,
    });
  });
});
