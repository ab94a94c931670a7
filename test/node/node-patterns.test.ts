import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseHost } from "../../src/node/host.ts";
import {
  coversZone,
  matchesHost,
  matchesName,
  parseHostPattern,
  parseNamePattern,
} from "../../src/node/node-patterns.ts";

const nameMatches = (pattern: string, name: string): boolean => {
  const parsed = parseNamePattern(pattern);
  if (parsed === null) throw new Error(`not a name pattern: ${pattern}`);
  return matchesName(parsed, name);
};

const hostMatches = (pattern: string, host: string): boolean => {
  const parsed = parseHostPattern(pattern);
  const subject = parseHost(host);
  if (parsed === null || subject === null) throw new Error(`not a pattern and a host: ${pattern}, ${host}`);
  return matchesHost(parsed, subject);
};

const covers = (pattern: string, zone: string): boolean => {
  const parsed = parseHostPattern(pattern);
  return parsed !== null && coversZone(parsed, zone.split("."));
};

describe("name patterns", () => {
  it.each([
    ["rabbit", "rabbit"],
    ["emqx<n>", "emqx0"],
    ["emqx<n>", "emqx60001"],
    ["rabbit-<n>", "rabbit-7"],
    ["r<n>-<n>x", "r1-20x"],
    ["<n>", "12"],
  ])("%s has %s", (pattern, name) => {
    expect(nameMatches(pattern, name)).toBe(true);
  });

  it.each([
    ["rabbit", "rabbit2"],
    ["rabbit", "xrabbit"],
    ["rabbit", ""],
    ["emqx<n>", "emqx"],
    ["emqx<n>", "emqx01"],
    ["emqx<n>", "emqx1a"],
    ["emqx<n>", "emqx-1"],
    ["r<n>-<n>x", "r1-x"],
    ["r<n>-<n>x", "r1-20xx"],
    ["<n>", "1a"],
  ])("%s does not have %s", (pattern, name) => {
    expect(nameMatches(pattern, name)).toBe(false);
  });

  it.each([
    ["empty", ""],
    ["upper case", "Rabbit"],
    ["a leading hyphen", "-rabbit"],
    ["an @", "rabbit@host"],
    ["a star", "rabbit*"],
    ["a regular expression", "rabbit.*"],
    ["an unknown placeholder", "rabbit<m>"],
    ["an open placeholder", "rabbit<n"],
    ["two numbers side by side", "rabbit<n><n>"],
    ["a number before a digit", "rabbit<n>0"],
    ["a number after a digit", "rabbit0<n>"],
    ["a line feed", "rabbit\n"],
    ["256 characters", "r".repeat(256)],
  ])("%s is refused", (_defect, pattern) => {
    expect(parseNamePattern(pattern)).toBeNull();
  });

  it("a number has every decimal without leading zeros and nothing else", () => {
    fc.assert(
      fc.property(
        fc.stringMatching(/^[0-9a]{1,6}$/),
        (text) => nameMatches("n<n>", `n${text}`) === /^(?:0|[1-9][0-9]*)$/.test(text),
      ),
    );
  });
});

describe("host patterns", () => {
  it.each([
    ["mq-1.prod.internal", "mq-1.prod.internal"],
    ["mq-1", "mq-1"],
    ["*.prod.internal", "mq-1.prod.internal"],
    ["mq-<n>.prod.internal", "mq-12.prod.internal"],
    ["*.rack-<n>.prod.internal", "a.rack-3.prod.internal"],
    ["<n>.prod.internal", "7.prod.internal"],
    ["10.20.0.0/16", "10.20.255.1"],
    ["10.20.0.128/25", "10.20.0.129"],
    ["10.20.0.12", "10.20.0.12"],
    ["fd00:20::/32", "fd00:20::12"],
    ["fd00:20::/33", "fd00:20:7fff::1"],
    ["::1", "::1"],
  ])("%s has %s", (pattern, host) => {
    expect(hostMatches(pattern, host)).toBe(true);
  });

  it.each([
    ["another host", "mq-1.prod.internal", "mq-2.prod.internal"],
    ["the zone itself", "*.prod.internal", "prod.internal"],
    ["two more labels", "*.prod.internal", "a.b.prod.internal"],
    ["a suffix that is no label", "*.prod.internal", "mq-1.evilprod.internal"],
    ["a prefix of the host", "mq-1.prod", "mq-1.prod.internal"],
    ["a dot read as any character", "mq.prod.internal", "mqxprod.internal"],
    ["a number with a leading zero", "mq-<n>.prod.internal", "mq-01.prod.internal"],
    ["a number across labels", "mq-<n>.prod.internal", "mq-1.2.prod.internal"],
    ["an address for a name", "*.prod.internal", "10.20.0.12"],
    ["a name for an address", "10.20.0.0/16", "mq-1.prod.internal"],
    ["an address outside the block", "10.20.0.0/16", "10.21.0.1"],
    ["an address in the other half", "10.20.0.128/25", "10.20.0.127"],
    ["the address family", "10.0.0.0/8", "a00::1"],
    ["an IPv6 address outside", "fd00:20::/33", "fd00:20:8000::1"],
  ])("refuses %s: %s, %s", (_defect, pattern, host) => {
    expect(hostMatches(pattern, host)).toBe(false);
  });

  it.each([
    "",
    "*",
    "*.",
    "*.*.internal",
    "a.*.internal",
    "mq-*.internal",
    "MQ.internal",
    "mq..internal",
    ".internal",
    "mq.internal.",
    "mq_1.internal",
    "<n>",
    "10.20.0.<n>",
    "*.10.20.0.1",
    `${"a".repeat(64)}.internal`,
    "10.20.0.1/16",
    "10.20.0.0/7",
    "0.0.0.0/0",
    "10.20.0.0/33",
    "10.20.0.0/016",
    "10.20.0.0/",
    "10.20.0.0/16/8",
    "10.20.0/16",
    "fd00:20::1/32",
    "fd00::/129",
    "FD00:20::/32",
    "::/0",
    "mq.internal/24",
  ])("%j is refused", (pattern) => {
    expect(parseHostPattern(pattern)).toBeNull();
  });

  it("covers a zone only with one more label, any", () => {
    expect(covers("*.prod.internal", "prod.internal")).toBe(true);
    expect(covers("*.rack-<n>.internal", "rack-2.internal")).toBe(true);
    expect(covers("mq-<n>.prod.internal", "prod.internal")).toBe(false);
    expect(covers("*.prod.internal", "a.prod.internal")).toBe(false);
    expect(covers("*.prod.internal", "internal")).toBe(false);
    expect(covers("10.0.0.0/8", "prod.internal")).toBe(false);
  });
});
