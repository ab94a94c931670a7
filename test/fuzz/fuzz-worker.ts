import { parentPort, workerData } from "node:worker_threads";
import { openLibcrypto } from "../support/libcrypto.ts";
import { runBatch, type Batch } from "./batch.ts";
import { openTarget, type TargetName } from "./targets.ts";
import { beginCase } from "./watch.ts";

/** A thread that runs the batches that it is sent, so that what hangs can be killed. */
export interface WorkerSettings {
  readonly target: TargetName;
  readonly watch: SharedArrayBuffer;
  /** Whether to ask OpenSSL about what is accepted. */
  readonly openssl: boolean;
}

const { target: name, watch, openssl } = workerData as WorkerSettings;
const target = await openTarget(name, openssl ? openLibcrypto() : null);

parentPort?.on("message", (batch: Batch) => {
  void runBatch(target, batch, (body) => beginCase(watch, body)).then((report) =>
    parentPort?.postMessage(report),
  );
});
parentPort?.postMessage(target.reach);
