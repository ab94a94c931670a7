import { execFileSync } from "node:child_process";
import { beforeAll, describe, expect, it } from "vitest";
import { describeOpenssl } from "../support/openssl.ts";
import { fakeWorld, interlock, type FakeWorld } from "./world.ts";

const URL_ = "https://interlock.example.com";
const ADMIN_TOKEN = "an-administrator's-secret-of-the-tests";

interface Sent {
  readonly url: string;
  readonly init: RequestInit;
}

/** A world whose API answers every call with this. */
const worldWith = (status: number, body: unknown): { readonly world: FakeWorld; readonly sent: Sent[] } => {
  const sent: Sent[] = [];
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const fetch: FakeWorld["fetch"] = async (url, init) => {
    sent.push({ url, init });
    return new Response(text, { status });
  };
  return { world: { ...fakeWorld({}, { ADMIN_TOKEN }), fetch }, sent };
};

describe("interlock revoke", () => {
  it.each([
    ["--serial 0a0b", "/certificates/0a0b/revoke", { serial: "0a0b", state: "revoked" }, "0a0b\n"],
    ["--node rabbit@mq-1.x", "/nodes/rabbit%40mq-1.x/revoke", { revoked: ["0a", "0b"] }, "0a\n0b\n"],
    ["--all", "/revoke", { revoked: ["0c"] }, "0c\n"],
  ])("with %s asks the API and prints the serials", async (target, path, reply, out) => {
    const { world, sent } = worldWith(200, reply);
    expect(await interlock(`revoke --cluster mq ${target} --reason superseded --url ${URL_}`, world)).toBe(0);
    expect(world.said.out).toBe(out);
    expect(sent).toMatchObject([
      {
        url: `${URL_}/v1/clusters/mq${path}`,
        init: {
          method: "POST",
          body: '{"reason":"superseded"}',
          headers: { Authorization: `Bearer ${ADMIN_TOKEN}` },
          redirect: "error",
        },
      },
    ]);
  });
  it("says that nothing was revoked where there was nothing to revoke", async () => {
    const { world } = worldWith(200, { revoked: [] });
    expect(await interlock(`revoke --cluster mq --node rabbit@typo --url ${URL_}`, world)).toBe(1);
    expect(world.said.err).toContain("nothing was revoked");
  });
  it("tells the API's own sentence where it refuses", async () => {
    const { world } = worldWith(404, "certificate-unknown: the ledger has none\n");
    expect(await interlock(`revoke --cluster mq --serial 0a --url ${URL_}`, world)).toBe(1);
    expect(world.said.err).toBe("interlock: certificate-unknown: the ledger has none\n");
  });
  it.each([
    [502, "", `${URL_} answered with HTTP status 502 and not a word; the same command again is safe`],
    [504, "\r\n", `${URL_} answered with HTTP status 504 and not a word; the same command again is safe`],
    [403, "", `${URL_} answered with HTTP status 403 and not a word`],
  ])("tells the status where %d comes without a sentence", async (status, body, sentence) => {
    const { world } = worldWith(status, body);
    expect(await interlock(`revoke --cluster mq --all --url ${URL_}`, world)).toBe(1);
    expect(world.said.err).toBe(`interlock: ${sentence}\n`);
  });
  it("says so where the API does not answer", async () => {
    const world = fakeWorld({}, { ADMIN_TOKEN });
    expect(await interlock(`revoke --cluster mq --all --url ${URL_}`, world)).toBe(1);
    expect(world.said.err).toContain("did not answer");
  });
  it.each<[string, unknown]>([
    ["JSON of another shape", { status: "fine" }],
    ["no JSON", "<!doctype html><title>Sign in</title>"],
    ["nothing", ""],
  ])("takes %s for the answer of something else", async (_what, body) => {
    const { world } = worldWith(200, body);
    expect(await interlock(`revoke --cluster mq --all --url ${URL_}`, world)).toBe(1);
    expect(world.said.err).toBe("interlock: the API's answer is not one that this version knows\n");
  });
  it.each([
    ["no target", `revoke --cluster mq --url ${URL_}`],
    ["two targets", `revoke --cluster mq --all --serial 0a --url ${URL_}`],
    ["no cluster", `revoke --all --url ${URL_}`],
    ["no address", "revoke --cluster mq --all"],
    ["an address in plain text", "revoke --cluster mq --all --url http://interlock.example.com"],
    ["a reason that is none", `revoke --cluster mq --all --reason removeFromCRL --url ${URL_}`],
  ])("takes %s for a misuse and asks nobody", async (_what, line) => {
    const { world, sent } = worldWith(200, { revoked: [] });
    expect(await interlock(line, world)).toBe(2);
    expect(sent).toEqual([]);
  });
  it("takes its secret from the environment alone", async () => {
    expect(await interlock(`revoke --cluster mq --all --url ${URL_}`, fakeWorld())).toBe(2);
  });
});

describeOpenssl("a serial that openssl prints", () => {
  const SERIAL = "71a8cf4736c9d21e0b5f8a93c47d10e822";
  const making =
    "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout /dev/null -subj /CN=mq-1";
  let certificate: Buffer;
  beforeAll(() => {
    const args = [...making.split(" "), "-set_serial", `0x${SERIAL}`];
    certificate = execFileSync("openssl", args, { stdio: ["ignore", "pipe", "ignore"] });
  });
  const print = (how: string): string =>
    execFileSync("openssl", ["x509", "-noout", how], { input: certificate }).toString();

  it.each([
    ["-serial", () => print("-serial").trim(), `serial=${SERIAL.toUpperCase()}`],
    ["-serial without its name", () => print("-serial").trim().slice(7), SERIAL.toUpperCase()],
    [
      "-text",
      () => /Serial Number:\s+(\S+)/.exec(print("-text"))?.[1] ?? "",
      SERIAL.replace(/..(?!$)/g, "$&:"),
    ],
  ])("with %s is the ledger's", async (_how, printed, form) => {
    expect(printed()).toBe(form);
    const { world, sent } = worldWith(200, { serial: SERIAL });
    expect(await interlock(`revoke --cluster mq --serial ${printed()} --url ${URL_}`, world)).toBe(0);
    expect(sent.map(({ url }) => url)).toEqual([`${URL_}/v1/clusters/mq/certificates/${SERIAL}/revoke`]);
  });
});
