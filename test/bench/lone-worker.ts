import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { workerdBinary } from "../../infra/workerd/binary.ts";
import { COMPATIBILITY_DATE } from "../../infra/workerd/config.ts";
import { freePort } from "../../infra/workerd/serve.ts";

/** A process of workerd that listens, and has had no request yet. */
export interface Served extends AsyncDisposable {
  readonly origin: string;
  readonly pid: number;
}

/** Serves one module that needs no binding. */
export const serveModule = async (file: string): Promise<Served> => {
  const folder = mkdtempSync(join(tmpdir(), "interlock-bench-"));
  const port = await freePort();
  execFileSync("cp", [file, join(folder, "worker.js")]);
  writeFileSync(join(folder, "workerd.capnp"), configFor(port));
  return serveConfig(join(folder, "workerd.capnp"), port, {}, () =>
    rmSync(folder, { recursive: true, force: true }),
  );
};

/** Starts workerd and waits until it takes connections: no request, which would warm what is to be measured cold. */
export const serveConfig = async (
  config: string,
  port: number,
  variables: Readonly<Record<string, string>>,
  clean: () => void = () => undefined,
): Promise<Served> => {
  const child = spawn(workerdBinary(), ["serve", config], {
    env: { PATH: process.env["PATH"] ?? "", ...variables },
    stdio: "ignore",
  });
  const gone = new Promise((done) => child.once("exit", done));
  await untilListening(port);
  return {
    origin: `http://127.0.0.1:${String(port)}`,
    pid: child.pid ?? Number.NaN,
    [Symbol.asyncDispose]: async () => {
      child.kill("SIGKILL");
      await gone;
      clean();
    },
  };
};

const configFor = (port: number): string => `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "bench", worker = (
    modules = [(name = "worker.js", esModule = embed "worker.js")],
    compatibilityDate = ${JSON.stringify(COMPATIBILITY_DATE)},
  ))],
  sockets = [(name = "http", address = "127.0.0.1:${String(port)}", http = (), service = "bench")],
);
`;

const START_TIMEOUT_MS = 20_000;

const untilListening = async (port: number): Promise<void> => {
  for (const end = Date.now() + START_TIMEOUT_MS; Date.now() < end; await delay(20))
    if (await listens(port)) return;
  throw new Error("workerd did not start");
};

const listens = (port: number): Promise<boolean> =>
  new Promise((answer) => {
    const socket = connect(port, "127.0.0.1", () => {
      socket.destroy();
      answer(true);
    });
    socket.once("error", () => answer(false));
  });
