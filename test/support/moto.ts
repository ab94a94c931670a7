import { execFileSync, spawn } from "node:child_process";
import { setTimeout as delay } from "node:timers/promises";
import { freePort } from "../../infra/workerd/serve.ts";
import type { Capability } from "./requirements.ts";

/** A Secrets Manager API that is not ours and not a fake of ours: `moto_server`, in memory, on loopback. */
export interface Moto extends AsyncDisposable {
  readonly endpoint: string;
}

export const motoServer = (): Capability => {
  try {
    execFileSync("moto_server", ["--help"], { stdio: "ignore" });
    return { available: true };
  } catch {
    return { available: false, why: "moto_server is not on the PATH (python's moto[server])" };
  }
};

const START_TIMEOUT_MS = 30_000;

export const startMoto = async (): Promise<Moto> => {
  const port = await freePort();
  const child = spawn("moto_server", ["-p", String(port)], { stdio: "ignore", detached: true });
  const stop = async (): Promise<void> => {
    // Its own group: pyenv's shim is the parent of the server.
    if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
    await delay(0);
  };
  const endpoint = `http://127.0.0.1:${String(port)}`;
  for (const end = Date.now() + START_TIMEOUT_MS; Date.now() < end; await delay(100)) {
    const up = await fetch(`${endpoint}/moto-api/data.json`).then(
      (reply) => reply.ok,
      () => false,
    );
    if (up) return { endpoint, [Symbol.asyncDispose]: stop };
  }
  await stop();
  throw new Error("moto_server did not start");
};
