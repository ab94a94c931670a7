import { describe, expect, it } from "vitest";
import { refused, rendered } from "../requests.ts";

const paths = (strategy: string) =>
  rendered("mongooseim", { settings: { strategy } }).files.map(({ path, mergeComment }) => [
    path,
    mergeComment,
  ]);

describe("MongooseIM", () => {
  it("owns vm.dist.args, so that flags and an option file never meet", () => {
    expect(paths("optfile")).toEqual([
      ["/etc/mongooseim/inter_node_tls.conf", null],
      ["/etc/mongooseim/vm.dist.args", null],
    ]);
    expect(paths("flags")).toEqual([["/etc/mongooseim/vm.dist.args", null]]);
  });

  it("moves its range by the offset, and only up to 65535", () => {
    const [, range] = rendered("mongooseim", { portOffset: 35435 }).ports;
    expect(range).toEqual({
      name: "distribution",
      port: 65435,
      lastPort: 65535,
      protocol: "tcp",
      peers: "cluster",
    });
    expect(refused("mongooseim", { portOffset: 35436 })).toMatchObject({ code: "port-out-of-range" });
  });

  it("refuses a wildcard with flags", () => {
    expect(refused("mongooseim", { wildcard: true, settings: { strategy: "flags" } })).toMatchObject({
      code: "option-invalid",
      field: "strategy",
    });
  });

  it("refuses a cookie that Erlang would read as a flag, and warns of a second one", () => {
    expect(refused("mongooseim", { cookie: "-evil" })).toMatchObject({
      code: "option-invalid",
      field: "cookie",
    });
    expect(rendered("mongooseim", { cookie: "s" }).warnings.map(({ code }) => code)).toEqual([
      "mongooseim-cookie-once",
    ]);
  });
});
