import { describe, expect, it } from "vitest";
import { isJsonPointer, valueAt } from "../../src/auth/json-pointer.ts";

describe("a JSON pointer", () => {
  const json: unknown = JSON.parse('{"a":{"b/c":{"d~e":1}},"list":[1],"null":null,"__proto__":{"x":1}}');
  it.each([
    ["/a/b~1c/d~0e", 1],
    ["/a/b", undefined],
    ["/list/0", undefined],
    ["/null/x", undefined],
    ["/toString", undefined],
    ["/a/constructor/name", undefined],
  ])("%s points at %j", (pointer, value) => expect(valueAt(json, pointer)).toBe(value));
  it("points at nothing in what is no object", () => expect(valueAt("text", "/length")).toBeUndefined());
  it("has a slash before each name, and no other tilde than ~0 and ~1", () => {
    for (const good of ["/a", "/a/b", "/https:~1~1sts.amazonaws.com~1/aws_account"])
      expect(isJsonPointer(good)).toBe(true);
    for (const bad of ["", "a", "/", "/a//b", "/a~", "/a~2"]) expect(isJsonPointer(bad)).toBe(false);
  });
});
