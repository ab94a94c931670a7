import { spawn, type ChildProcess } from "node:child_process";
import { closeSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join, relative, resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { workerdBinary } from "./binary.ts";
import { bundleModules } from "./bundle-modules.ts";
import { workerdConfig } from "./config.ts";

/** A running `workerd serve` with the production bundle. */
export interface RunningWorkerd {
  readonly origin: string;
  readonly process: ChildProcess;
  /** Everything that it has logged so far. */
  readonly log: () => string;
  /** Ends it, by SIGTERM unless told otherwise, and waits until it is gone. */
  readonly stop: (signal?: NodeJS.Signals) => Promise<void>;
}

export interface ServeOptions {
  readonly bundleDirectory: string;
  /** Configuration, ledger and log live here; a second start finds what the first one left. */
  readonly stateDirectory: string;
  /** The Worker's variables: `CA_STORE`, `CLUSTERS`, secrets. They travel by environment, never by file. */
  readonly variables: Readonly<Record<string, string>>;
  readonly port?: number;
}

const START_TIMEOUT_MS = 20_000;

/** Starts workerd and waits until it answers. Throws with its log where it does not. */
export const serveWorkerd = async (options: ServeOptions): Promise<RunningWorkerd> => {
  const port = options.port ?? (await freePort());
  const origin = `http://127.0.0.1:${String(port)}`;
  const config = writeConfig(options, port);
  const log = join(options.stateDirectory, "workerd.log");
  // A file and not a pipe: what is written outlives a SIGKILL, and no line wakes up a reader.
  const output = openSync(log, "w");
  const child = spawn(workerdBinary(), ["serve", config], {
    env: { PATH: process.env["PATH"] ?? "", ...options.variables },
    stdio: ["ignore", output, output],
  });
  closeSync(output);
  const gone = new Promise<void>((done) => child.once("exit", () => done()));
  const stop = async (signal: NodeJS.Signals = "SIGTERM"): Promise<void> => {
    child.kill(signal);
    await gone;
  };
  const running = { origin, process: child, log: () => readFileSync(log, "utf8"), stop };
  await untilHealthy(running);
  return running;
};

/** A port of the loopback that nobody listened on a moment ago. */
export const freePort = (): Promise<number> =>
  new Promise((found, failed) => {
    const server = createServer();
    server.once("error", failed);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => found(typeof address === "object" && address !== null ? address.port : 0));
    });
  });

/** Writes the configuration for one server on this machine, and answers its path. */
export const writeConfig = (
  { bundleDirectory, stateDirectory, variables }: ServeOptions,
  port: number,
): string => {
  const ledgerDirectory = join(resolve(stateDirectory), "ledger");
  mkdirSync(ledgerDirectory, { recursive: true });
  const file = join(stateDirectory, "workerd.capnp");
  rmSync(file, { force: true });
  writeFileSync(
    file,
    workerdConfig({
      bundleDirectory: relative(resolve(stateDirectory), resolve(bundleDirectory)),
      modules: bundleModules(bundleDirectory),
      ledgerDirectory,
      address: `127.0.0.1:${String(port)}`,
      variables: Object.keys(variables),
    }),
  );
  return file;
};

const untilHealthy = async ({ origin, process: child, log, stop }: RunningWorkerd): Promise<void> => {
  const end = Date.now() + START_TIMEOUT_MS;
  while (Date.now() < end && child.exitCode === null) {
    const healthy = await fetch(`${origin}/healthz`).then(
      (response) => response.ok,
      () => false,
    );
    if (healthy) return;
    await delay(50);
  }
  await stop("SIGKILL");
  throw new Error(`workerd did not start:\n${log()}`);
};
