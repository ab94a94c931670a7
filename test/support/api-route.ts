import { spawn } from "node:child_process";
import { once } from "node:events";
import { connect, Server } from "node:net";
import type { Machine } from "./machine.ts";

/** Listens where it runs and hands the socket to its parent: a socket stays in the network that it was made in. */
const LISTEN = `
require("node:net")
  .createServer()
  .listen(Number(process.argv[2]), process.argv[1], function () { process.send("listening", this); });
`;

/**
 * Lets a machine reach an origin on our loopback, at the same address of its own: the one thing outside of its network that it
 * can speak to.
 */
export const openRoute = async (machine: Machine, origin: string): Promise<Disposable> => {
  const { hostname, port } = new URL(origin);
  const server = await listenIn(machine, hostname, port);
  server.on("connection", (inside) => {
    const outside = connect(Number(port), hostname);
    for (const [from, to] of [[inside, outside] as const, [outside, inside] as const])
      from.on("error", () => to.destroy()).pipe(to);
  });
  return { [Symbol.dispose]: () => void server.close() };
};

const listenIn = async ({ pid }: Machine, hostname: string, port: string): Promise<Server> => {
  const argv = ["--target", `${pid}`, "--net", process.execPath, "--eval", LISTEN, hostname, port];
  const child = spawn("nsenter", argv, { stdio: ["ignore", "inherit", "inherit", "ipc"] });
  const gone = once(child, "exit");
  const server = await Promise.race([
    once(child, "message").then(([, handle]: unknown[]) => handle),
    gone.then(() => null),
  ]);
  child.kill();
  await gone;
  if (server instanceof Server) return server;
  throw new Error(`nothing listens on ${hostname}:${port} in ${String(pid)}`);
};
