import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { envFileLine } from "../../../src/render/text/env-file.ts";

describe("a line of an environment file", () => {
  it("has no quoting at all", () => {
    expect(envFileLine("ERL_FLAGS", "-proto_dist inet_tls")).toBe("ERL_FLAGS=-proto_dist inet_tls");
    expect(envFileLine("VERSIONS", "[tlsv1.3,tlsv1.2]")).toBe("VERSIONS=[tlsv1.3,tlsv1.2]");
  });

  it.each([
    "",
    " a",
    "a ",
    "a  b",
    "a\nB=c",
    "a\rb",
    '"a"',
    "'a'",
    "a#b",
    "$HOME",
    "a\\b",
    "`id`",
    "a;b",
    "é",
    "a\tb",
  ])("cannot hold %j, of which some reader makes something else", (value) => {
    expect(() => envFileLine("V", value)).toThrow("cannot hold");
  });

  it.each(["v", "V W", "V=W", ""])("cannot have the name %j", (name) => {
    expect(() => envFileLine(name, "a")).toThrow("cannot hold");
  });

  it("is one line with one value, or a fault", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (value) => {
        try {
          return envFileLine("V", value) === `V=${value}` && !/[\n\r"'$#\\]/.test(value);
        } catch {
          return true;
        }
      }),
    );
  });
});
