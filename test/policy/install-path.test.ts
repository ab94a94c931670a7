import { readFileSync } from "node:fs";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { fileIn, isInstallPath, parseInstallPath, pathFormOf } from "../../src/policy/install-path.ts";
import { sharedDir } from "../support/shared.ts";

const accepted = (text: string, form?: "posix" | "windows"): boolean => {
  const path = parseInstallPath(text, "certsDir", form);
  if (path.ok) expect(path.value).toBe(text);
  else expect(path.error).toMatchObject({ code: "option-invalid", field: "certsDir" });
  return path.ok;
};

describe("an install path", () => {
  it.each([
    "/etc/rabbitmq/tls",
    "/opt/emqx/etc/certs/cluster",
    "/srv/v1.2/a=b,c@x+y:z/node_01-a.pem",
    "/etc/.hidden/..dots",
    "/etc/...",
    "/x",
    "/process/devices/system",
    `/${"a".repeat(254)}`,
  ])("may be %s", (text) => {
    expect(accepted(text)).toBe(true);
  });

  it.each([
    ["empty", ""],
    ["the root", "/"],
    ["relative", "etc/tls"],
    ["a slash at the end", "/etc/tls/"],
    ["an empty segment", "/etc//tls"],
    ["a dot segment", "/etc/./tls"],
    ["a dot segment at the end", "/etc/tls/."],
    ["a parent segment", "/etc/../tls"],
    ["a parent segment at the end", "/etc/tls/.."],
    ["below /proc", "/proc/self/environ"],
    ["below /dev", "/dev/shm/tls"],
    ["below /sys", "/sys/kernel"],
    ["/dev itself", "/dev"],
    ["a blank", "/etc/my certs"],
    ["a line feed", "/etc/tls\n"],
    ["a line feed inside", "/etc/tls\n/x"],
    ["a carriage return", "/etc/t\rls"],
    ["a quote", '/etc/"tls'],
    ["a dollar", "/etc/$HOME"],
    ["a backslash", "/etc\\tls"],
    ["a percent sign", "/etc/%i"],
    ["a tilde", "/~root/x"],
    ["a star", "/etc/*"],
    ["a letter beyond ASCII", "/\u0435tc/tls"],
    ["256 characters", `/${"a".repeat(255)}`],
    ["a drive", "C:/RabbitMQ"],
  ])("cannot be %s", (_, text) => {
    expect(accepted(text)).toBe(false);
  });
});

describe("an install path on Windows", () => {
  it.each(["C:/RabbitMQ", "D:/Users/rmq/AppData/Roaming/RabbitMQ", "C:/a+b@c_d-e.f"])("may be %s", (text) => {
    expect(accepted(text, "windows")).toBe(true);
  });

  it.each([
    ["POSIX", "/etc/rabbitmq"],
    ["without a drive", "RabbitMQ"],
    ["a lower-case drive", "c:/RabbitMQ"],
    ["the drive alone", "C:/"],
    ["relative to the drive", "C:RabbitMQ"],
    ["with backslashes", "C:\\RabbitMQ"],
    ["a colon in a segment", "C:/a:b"],
    ["an equals sign", "C:/a=b"],
    ["a comma", "C:/a,b"],
    ["a variable", "C:/%AppData%"],
    ["a delayed variable", "C:/!AppData!"],
    ["a caret", "C:/a^b"],
    ["an ampersand", "C:/a&b"],
    ["a parent segment", "C:/a/../b"],
  ])("cannot be %s", (_, text) => {
    expect(accepted(text, "windows")).toBe(false);
  });
});

describe("any text that is an install path", () => {
  const segment = fc.stringMatching(/^[A-Za-z0-9_.:@+=,-]{1,20}$/);
  it("has no segment that means another folder", () => {
    fc.assert(
      fc.property(fc.array(segment, { minLength: 1, maxLength: 8 }), (segments) => {
        const meansAnother =
          segments.some((text) => text === "." || text === "..") ||
          /^(?:proc|dev|sys)$/.test(segments[0] ?? "");
        return accepted(`/${segments.join("/")}`) === !meansAnother;
      }),
    );
  });

  it("is one word of a shell, whatever text it was taken from", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: "binary" }),
        (text) => !isInstallPath(`/${text}`, "posix") || /^[\w/.:@+=,-]+$/.test(text),
      ),
    );
  });
});

const folder = (text: string) => {
  const path = parseInstallPath(text, "path", text.startsWith("/") ? "posix" : "windows");
  if (!path.ok) throw new Error(text);
  return path.value;
};

describe("a file in a folder", () => {
  it("has the folder's form", () => {
    expect(fileIn(folder("/etc/tls"), "node.pem")).toBe("/etc/tls/node.pem");
    expect(pathFormOf(fileIn(folder("C:/tls"), "node.pem"))).toBe("windows");
  });

  it("is a fault where the name is no segment, or the folder too long", () => {
    expect(() => fileIn(folder("/etc/tls"), "../x")).toThrow("not a path segment");
    expect(() => fileIn(folder("/etc/tls"), "")).toThrow("not a path segment");
    expect(() => fileIn(folder(`/${"a".repeat(254)}`), "node.pem")).toThrow("too long");
  });
});

describe.skipIf(sharedDir === null)("the render values", () => {
  const schema = z.object({
    values: z.array(
      z.object({
        id: z.string(),
        field: z.string(),
        value: z.unknown(),
        expected: z.enum(["accept", "reject", "reject-or-roundtrip"]),
      }),
    ),
  });
  const values =
    sharedDir === null
      ? []
      : schema
          .parse(JSON.parse(readFileSync(`${sharedDir}/data/render/values.json`, "utf8")))
          .values.filter(({ field }) => field === "path");

  it("are there", () => {
    expect(values.length).toBeGreaterThan(40);
  });

  it.each(values)("$id: $expected", ({ value: given, expected }) => {
    const value = z.string().parse(given);
    const verdict = accepted(value);
    if (expected !== "reject-or-roundtrip") expect(verdict).toBe(expected === "accept");
    // What is taken must come back unchanged from every format: test/render/certs-dir.test.ts sends it through all of them.
    else if (verdict) expect(value).toMatch(/^[\w/.:@+=,-]+$/);
  });
});
