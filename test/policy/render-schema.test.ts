import { describe, expect, it } from "vitest";
import * as z from "zod/mini";
import { problemsOf, sentence } from "../../src/policy/definition-problem.ts";
import { PRODUCTS, type Product } from "../../src/policy/definition.ts";
import { isInstallPath, pathFormOf } from "../../src/policy/install-path.ts";
import { defaultFolders, PRODUCT_PACKAGINGS } from "../../src/policy/render-folders.ts";
import { renderSettingsSchema } from "../../src/policy/render-schema.ts";
import { RELEASE_FORMS } from "../../src/policy/render-settings.ts";

const settingsOf = (product: Product, input: unknown = {}) => renderSettingsSchema(product).parse(input);

/** `path: message` of each issue, as `parseClusters` says them. */
const defects = (product: Product, input: unknown): readonly string[] => {
  const result = renderSettingsSchema(product).safeParse(input, { error: sentence });
  if (result.success) throw new Error("accepted");
  return problemsOf(result.error.issues).map(
    ({ path, detail }) => `${path.slice(1).replaceAll("/", ".")}: ${detail}`,
  );
};

describe("the settings of a definition that says nothing", () => {
  it("are RabbitMQ's own places and ports", () => {
    expect(settingsOf("rabbitmq")).toEqual({
      product: "rabbitmq",
      packaging: "package",
      strategy: "optfile",
      combined: false,
      certsDir: "/etc/rabbitmq/tls",
      configDir: "/etc/rabbitmq",
      tlsVersions: ["1.3", "1.2"],
      cookie: false,
      revocation: "none",
      ports: { amqp: 5672, distribution: 25672 },
    });
  });

  it("are EMQX's places; its ports follow the name", () => {
    expect(settingsOf("emqx")).toEqual({
      product: "emqx",
      packaging: "package",
      strategy: "optfile",
      combined: false,
      certsDir: "/etc/emqx/certs/cluster",
      configDir: "/etc/emqx",
      tlsVersions: ["1.3", "1.2"],
      cookie: false,
      revocation: "none",
    });
  });

  it("are MongooseIM's places and the range that it ships", () => {
    expect(settingsOf("mongooseim")).toMatchObject({
      configDir: "/etc/mongooseim",
      certsDir: "/etc/mongooseim/tls",
      ports: { distribution: 30000, length: 101 },
    });
  });

  it("are a release's vm.args and one port", () => {
    expect(settingsOf("erlang")).toMatchObject({
      release: "vm-args",
      epmd: true,
      user: "app",
      configDir: "/opt/app/etc",
      certsDir: "/opt/app/etc/tls",
      ports: { distribution: 9100, length: 1 },
    });
  });
});

describe("what follows from other settings", () => {
  it.each([
    ["rabbitmq", "docker", "/etc/rabbitmq/tls"],
    ["rabbitmq", "kubernetes", "/etc/rabbitmq/tls"],
    ["rabbitmq", "windows", "C:/Users/Administrator/AppData/Roaming/RabbitMQ/tls"],
    ["emqx", "docker", "/opt/emqx/etc/certs/cluster"],
    ["emqx", "kubernetes", "/opt/emqx/etc/certs/cluster"],
    ["mongooseim", "docker", "/usr/lib/mongooseim/etc/tls"],
    ["erlang", "docker", "/opt/app/etc/tls"],
  ] as const)("%s as %s keeps certificates in %s", (product, packaging, certsDir) => {
    expect(settingsOf(product, { packaging })).toMatchObject({ packaging, certsDir });
  });

  it("certificates live below a configuration folder of one's own", () => {
    expect(settingsOf("emqx", { configDir: "/srv/emqx" })).toMatchObject({
      certsDir: "/srv/emqx/certs/cluster",
    });
    expect(settingsOf("erlang", { configDir: "/srv/app" })).toMatchObject({ certsDir: "/srv/app/tls" });
  });

  it("TLS versions are newest first", () => {
    expect(settingsOf("rabbitmq", { tlsVersions: ["1.2", "1.3"] }).tlsVersions).toEqual(["1.3", "1.2"]);
  });

  it("ejabberd runs as ejabberd, and its command line tool has ports in the range", () => {
    expect(settingsOf("erlang", { release: "ejabberd" })).toMatchObject({
      user: "ejabberd",
      configDir: "/etc/ejabberd",
      ports: { length: 11 },
    });
    expect(settingsOf("erlang", { release: "ejabberd", epmd: false })).toMatchObject({
      ports: { length: 1 },
    });
  });
});

describe("AMQP beside the ports of the command line tools", () => {
  it.each([35671, 35683])("may be %d", (amqp) => {
    expect(settingsOf("rabbitmq", { ports: { amqp } })).toMatchObject({ ports: { amqp } });
  });
});

describe("settings that no node could run are refused:", () => {
  it.each<[what: string, product: Product, input: unknown, issue: RegExp]>([
    ["an unknown member", "rabbitmq", { strategies: "flags" }, /^strategies: is not a member that is known/],
    ["another product's member", "rabbitmq", { epmd: false }, /^epmd: is not a member that is known/],
    [
      "ports of EMQX, which follow the name",
      "emqx",
      { ports: { rpc: 5370 } },
      /^ports: is not a member that is known/,
    ],
    [
      "Windows for EMQX",
      "emqx",
      { packaging: "windows" },
      /^packaging: must be one of package, docker, kubernetes$/,
    ],
    ["an unknown packaging", "rabbitmq", { packaging: "snap" }, /^packaging: must be one of/],
    ["an unknown strategy", "rabbitmq", { strategy: "both" }, /^strategy: must be one of optfile, flags$/],
    ["flags for EMQX", "emqx", { strategy: "flags" }, /^strategy: must be optfile/],
    [
      "flags with TLS 1.3 alone",
      "rabbitmq",
      { strategy: "flags", tlsVersions: ["1.3"] },
      /^tlsVersions: .*strategy optfile$/,
    ],
    ["flags with TLS 1.2 alone", "mongooseim", { strategy: "flags", tlsVersions: ["1.2"] }, /^tlsVersions: /],
    ["no TLS version", "rabbitmq", { tlsVersions: [] }, /^tlsVersions: must name at least one/],
    [
      "a TLS version twice",
      "rabbitmq",
      { tlsVersions: ["1.3", "1.3"] },
      /^tlsVersions: must not name a version twice$/,
    ],
    ["TLS 1.1", "rabbitmq", { tlsVersions: ["1.1"] }, /^tlsVersions\.0: must be one of 1\.3, 1\.2$/],
    [
      "a combined file on Windows",
      "rabbitmq",
      { packaging: "windows", combined: true },
      /^combined: must be false/,
    ],
    ["a combined file that is a text", "rabbitmq", { combined: "yes" }, /^combined: must be true or false$/],
    ["a relative folder", "rabbitmq", { certsDir: "tls" }, /^certsDir: must be an absolute POSIX path/],
    ["a folder that is a number", "rabbitmq", { configDir: 1 }, /^configDir: must be an absolute POSIX path/],
    [
      "a Windows folder with backslashes",
      "rabbitmq",
      { packaging: "windows", certsDir: "C:\\tls" },
      /^certsDir: must be a Windows path/,
    ],
    [
      "a configuration folder without room for the certificates",
      "emqx",
      { configDir: `/${"a".repeat(222)}` },
      /^certsDir: must have at most 223/,
    ],
    [
      "a configuration folder longer than any path",
      "emqx",
      { configDir: `/${"a".repeat(300)}` },
      /^configDir: must have at most 223/,
    ],
    [
      "a Windows folder elsewhere",
      "rabbitmq",
      { certsDir: "C:/tls" },
      /^certsDir: must be an absolute POSIX path/,
    ],
    [
      "a POSIX folder on Windows",
      "rabbitmq",
      { packaging: "windows", certsDir: "/tls" },
      /^certsDir: must be a Windows path/,
    ],
    [
      "a folder without room for a file",
      "emqx",
      { certsDir: `/${"a".repeat(230)}` },
      /^certsDir: must have at most 223/,
    ],
    ["port 0", "rabbitmq", { ports: { amqp: 0 } }, /^ports\.amqp: must be a whole number from 1 to 65535$/],
    [
      "a port that is no whole number",
      "erlang",
      { ports: { distribution: 9100.5 } },
      /^ports\.distribution: must be a whole/,
    ],
    [
      "one port for two listeners",
      "rabbitmq",
      { ports: { amqp: 25672 } },
      /^ports\.distribution: must differ/,
    ],
    [
      "no room for the tools' ports",
      "rabbitmq",
      { ports: { distribution: 55526 } },
      /^ports\.distribution: must be 55525 at most/,
    ],
    [
      "AMQP on the first port of the tools",
      "rabbitmq",
      { ports: { amqp: 35672 } },
      /^ports\.amqp: must not be one of 35672 to 35682: the command line tools listen there$/,
    ],
    [
      "AMQP on the last port of the tools",
      "rabbitmq",
      { ports: { amqp: 30010, distribution: 20000 } },
      /^ports\.amqp: must not be one of 30000 to 30010/,
    ],
    [
      "a range that leaves the ports",
      "mongooseim",
      { ports: { distribution: 65500 } },
      /^ports\.length: must keep/,
    ],
    ["no port for mongooseimctl", "mongooseim", { ports: { length: 1 } }, /^ports\.length: /],
    [
      "no port for ejabberdctl",
      "erlang",
      { release: "ejabberd", ports: { length: 1 } },
      /^ports\.length: must be 2 or more/,
    ],
    [
      "a range without epmd",
      "erlang",
      { epmd: false, ports: { length: 2 } },
      /^ports\.length: must be 1 without epmd/,
    ],
    ["a user that is none", "erlang", { user: "root; id" }, /^user: must be the name of a system user$/],
    ["an unknown release", "erlang", { release: "escript" }, /^release: must be one of vm-args/],
  ])("%s", (_, product, input, issue) => {
    const found = defects(product, input);
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(issue);
  });

  it("every defect of one definition is named", () => {
    expect(
      defects("rabbitmq", { packaging: "windows", strategy: "flags", tlsVersions: ["1.3"], combined: true }),
    ).toHaveLength(2);
  });
});

describe("default folders", () => {
  it.each(
    PRODUCTS.flatMap((product) => PRODUCT_PACKAGINGS[product].map((packaging) => ({ product, packaging }))),
  )("of $product as $packaging are install paths of the platform", ({ product, packaging }) => {
    for (const release of RELEASE_FORMS) {
      const { configDir, certsDir } = defaultFolders(product, packaging, release);
      const form = packaging === "windows" ? "windows" : "posix";
      expect([configDir, certsDir].every((folder) => isInstallPath(folder, form))).toBe(true);
      expect(pathFormOf(configDir)).toBe(form);
    }
  });
});

describe("the JSON Schema for editors", () => {
  it.each(PRODUCTS)("of %s is strict and has the defaults", (product) => {
    const schema = z.toJSONSchema(z.strictObject({ render: z.prefault(renderSettingsSchema(product), {}) }), {
      io: "input",
    });
    expect(schema).toMatchObject({
      properties: {
        render: {
          additionalProperties: false,
          default: {},
          properties: {
            packaging: { enum: PRODUCT_PACKAGINGS[product], default: "package" },
            tlsVersions: { minItems: 1, uniqueItems: true },
          },
        },
      },
    });
  });
});
