import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { callBundle } from "./call.ts";
import { openLine, type LineFault } from "./line.ts";
import type { Newcomer } from "./newcomer.ts";

const NEWCOMER: Omit<Newcomer, "pair"> = {
  cluster: "storm-0",
  node: "rabbit@mq-0.storm-0.example.internal",
  csr: new Uint8Array(500).fill(65),
  spkiSha256: "",
  token: "token",
};

describe("a bad line", () => {
  let server: Server;
  let api: string;
  let arrived: string[];
  let status: number;
  beforeEach(async () => {
    arrived = [];
    status = 201;
    server = createServer((request, response) => {
      let body = "";
      request.setEncoding("latin1").on("data", (chunk: string) => (body += chunk));
      request.on("end", () => {
        arrived.push(body);
        response.writeHead(status, { "Retry-After": "7" }).end("x".repeat(20_000));
      });
    });
    await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
    api = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterEach(async () => {
    server.closeAllConnections();
    await new Promise((closed) => server.close(closed));
  });

  it.each<[LineFault, number, number]>([
    ["reset before", 0, 0],
    ["reply lost", 1, 1],
    ["reply cut", 1, 0],
  ])("'%s' fails the call; %d requests arrived, %d certificates were lost", async (fault, came, lost) => {
    await using line = await openLine(api, fault);
    await expect(callBundle(line.address, NEWCOMER)).rejects.toThrow(/ECONNRESET|aborted|hang up/);
    expect([arrived.length, line.lostReplies()]).toEqual([came, lost]);
  });
  it("that loses a refusal has lost no certificate", async () => {
    status = 503;
    await using line = await openLine(api, "reply lost");
    await expect(callBundle(line.address, NEWCOMER)).rejects.toThrow();
    expect(line.lostReplies()).toBe(0);
  });
  it("to a slow client brings everything", async () => {
    await using line = await openLine(api, "slow client");
    const reply = await callBundle(line.address, NEWCOMER);
    expect([reply.status, reply.body.length, reply.retryAfter]).toEqual([201, 20_000, 7]);
    expect(arrived).toEqual(["A".repeat(500)]);
  });
  it("to an API that is not there breaks", async () => {
    await using line = await openLine("http://127.0.0.1:9", "slow client");
    await expect(callBundle(line.address, NEWCOMER)).rejects.toThrow();
  });
});
