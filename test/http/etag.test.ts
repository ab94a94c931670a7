import { describe, expect, it } from "vitest";
import { entityTag, isCurrent } from "../../src/http/etag.ts";

describe("an entity tag", () => {
  it("follows the content", async () => {
    expect(await entityTag("a")).toBe(await entityTag("a"));
    expect(await entityTag("a")).not.toBe(await entityTag("b"));
  });
  it.each([
    ['"x"', true],
    ['W/"x"', true],
    ['"y", "x"', true],
    ["*", true],
    ['"y"', false],
    [undefined, false],
  ])("matches If-None-Match: %s: %s", (header, current) => {
    expect(isCurrent(header, '"x"')).toBe(current);
  });
});
