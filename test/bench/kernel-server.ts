import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { toBase64 } from "../../src/bytes.ts";
import { HOST, makeRequest } from "../pki/support/request.ts";
import { makeKeyPair } from "../pki/support/web-crypto.ts";
import { makeClusterSecret } from "../support/test-ca.ts";
import type { KernelMaterial } from "./kernels.ts";
import { serveModule } from "./lone-worker.ts";
import { cpuOf } from "./process-cost.ts";

export type Kernel = "floor" | "issue" | "crl-10000" | "crl-100000";

/** The pieces of `kernels.ts` on a workerd of their own. */
export interface KernelServer extends AsyncDisposable {
  /** CPU milliseconds of one turn, as the mean of so many. */
  readonly cost: (kernel: Kernel, times: number) => Promise<number>;
}

export const serveKernels = async (): Promise<KernelServer> => {
  const folder = mkdtempSync(join(tmpdir(), "interlock-kernels-"));
  buildModule("test/bench/kernels.ts", folder);
  const served = await serveModule(join(folder, "kernels.js"));
  const post = async (path: string, body?: string): Promise<void> => {
    const reply = await fetch(served.origin + path, {
      method: "POST",
      ...(body === undefined ? {} : { body }),
    });
    if (!reply.ok) throw new Error(`${path}: ${await reply.text()}`);
  };
  await post("/prepare", JSON.stringify(await makeMaterial()));
  return {
    cost: async (kernel, times) =>
      (await cpuOf(served.pid, () => post(`/${kernel}?times=${String(times)}`))) / times,
    [Symbol.asyncDispose]: async () => {
      await served[Symbol.asyncDispose]();
      rmSync(folder, { recursive: true, force: true });
    },
  };
};

/** As `npm run build` does it with the production bundle. */
const buildModule = (entry: string, folder: string): void => {
  const quiet = { WRANGLER_SEND_METRICS: "false", WRANGLER_HIDE_BANNER: "true" };
  execFileSync(
    "npx",
    [
      "--no",
      "wrangler",
      "deploy",
      entry,
      "--dry-run",
      "--outdir",
      folder,
      "--config",
      "test/bench/wrangler.toml",
    ],
    { env: { ...process.env, ...quiet }, stdio: ["ignore", "ignore", "inherit"] },
  );
};

const makeMaterial = async (): Promise<KernelMaterial> => {
  const csrs = await Promise.all(
    Array.from({ length: 64 }, async () => makeRequest(await makeKeyPair("P-256"))),
  );
  return {
    ca: await makeClusterSecret(),
    now: Math.floor(Date.now() / 1000),
    csrs: csrs.map(toBase64),
    host: HOST,
  };
};
