import { describe, expect, it } from "vitest";
import type { Product } from "../../src/policy/definition.ts";
import { renderSettingsSchema } from "../../src/policy/render-schema.ts";
import { withOptions, type RenderOptions } from "../../src/render/options.ts";

const settingsOf = (product: Product, input: unknown = {}) => renderSettingsSchema(product).parse(input);

const laid = (product: Product, input: unknown, options: RenderOptions) => {
  const result = withOptions(settingsOf(product, input), options);
  if (!result.ok) throw new Error(`${result.error.code}: ${result.error.detail}`);
  return result.value;
};

describe("a caller's options", () => {
  it("change nothing where there are none", () => {
    const settings = settingsOf("rabbitmq", { strategy: "flags", certsDir: "/srv/tls" });
    expect(withOptions(settings, {})).toEqual({ ok: true, value: settings });
  });

  it("win over the definition", () => {
    expect(laid("rabbitmq", {}, { strategy: "flags", combined: true, certsDir: "/srv/tls" })).toEqual(
      settingsOf("rabbitmq", { strategy: "flags", combined: true, certsDir: "/srv/tls" }),
    );
    expect(laid("rabbitmq", { combined: true }, { combined: false }).combined).toBe(false);
  });

  it("are as good as a definition that says the same", () => {
    for (const packaging of ["package", "docker", "kubernetes"]) {
      for (const product of ["rabbitmq", "emqx", "mongooseim", "erlang"] as const) {
        expect(laid(product, {}, { packaging })).toEqual(settingsOf(product, { packaging }));
      }
    }
    expect(laid("rabbitmq", { packaging: "windows" }, { packaging: "docker" })).toEqual(
      settingsOf("rabbitmq", { packaging: "docker" }),
    );
    expect(laid("erlang", { release: "ejabberd" }, { packaging: "docker" })).toEqual(
      settingsOf("erlang", { release: "ejabberd", packaging: "docker" }),
    );
  });

  it("move no folder that the definition chose", () => {
    expect(laid("emqx", { certsDir: "/srv/tls" }, { packaging: "docker" })).toMatchObject({
      configDir: "/opt/emqx/etc",
      certsDir: "/srv/tls",
    });
    expect(laid("emqx", { configDir: "/srv/emqx" }, { packaging: "docker" })).toMatchObject({
      configDir: "/srv/emqx",
      certsDir: "/srv/emqx/certs/cluster",
    });
    expect(laid("emqx", {}, { packaging: "docker", certsDir: "/srv/tls" })).toMatchObject({
      configDir: "/opt/emqx/etc",
      certsDir: "/srv/tls",
    });
  });

  it("take a Windows folder with Windows, and there only", () => {
    expect(laid("rabbitmq", {}, { packaging: "windows", certsDir: "D:/tls" }).certsDir).toBe("D:/tls");
  });

  it.each<[what: string, product: Product, input: unknown, options: RenderOptions, field: string]>([
    ["an unknown packaging", "rabbitmq", {}, { packaging: "snap" }, "packaging"],
    ["a packaging that the product does not have", "emqx", {}, { packaging: "windows" }, "packaging"],
    ["a packaging of the prototype", "rabbitmq", {}, { packaging: "constructor" }, "packaging"],
    ["an unknown strategy", "rabbitmq", {}, { strategy: "both" }, "strategy"],
    ["flags where peers are checked", "rabbitmq", { revocation: "file" }, { strategy: "flags" }, "strategy"],
    ["flags for EMQX", "emqx", {}, { strategy: "flags" }, "strategy"],
    [
      "flags where the definition wants TLS 1.3 alone",
      "rabbitmq",
      { tlsVersions: ["1.3"] },
      { strategy: "flags" },
      "tlsVersions",
    ],
    ["a combined file on Windows", "rabbitmq", { packaging: "windows" }, { combined: true }, "combined"],
    [
      "Windows with the definition's combined file",
      "rabbitmq",
      { combined: true },
      { packaging: "windows" },
      "combined",
    ],
    ["a relative folder", "rabbitmq", {}, { certsDir: "tls" }, "certsDir"],
    ["an empty folder", "rabbitmq", {}, { certsDir: "" }, "certsDir"],
    ["a folder of the kernel's", "rabbitmq", {}, { certsDir: "/proc/1" }, "certsDir"],
    ["a folder without room for a file", "rabbitmq", {}, { certsDir: `/${"a".repeat(240)}` }, "certsDir"],
    ["a Windows folder on Linux", "rabbitmq", {}, { certsDir: "D:/tls" }, "certsDir"],
    ["a POSIX folder on Windows", "rabbitmq", {}, { packaging: "windows", certsDir: "/srv/tls" }, "certsDir"],
    [
      "Windows with the definition's POSIX folder",
      "rabbitmq",
      { certsDir: "/srv/tls" },
      { packaging: "windows" },
      "certsDir",
    ],
  ])("are refused with %s", (_, product, input, options, field) => {
    const result = withOptions(settingsOf(product, input), options);
    expect(result).toMatchObject({ ok: false, error: { code: "option-invalid", field } });
    if (!result.ok)
      expect(result.error.detail).toMatch(new RegExp(`^${field} must be |^${field} must have `));
  });
});
