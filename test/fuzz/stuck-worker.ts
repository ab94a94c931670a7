import { parentPort, workerData } from "node:worker_threads";
import type { WorkerSettings } from "./fuzz-worker.ts";
import { beginCase } from "./watch.ts";

/** A thread whose reader never comes back, or takes the thread with it: what the watch is there for. */
const { watch, openssl } = workerData as WorkerSettings;

parentPort?.on("message", () => {
  beginCase(watch, Uint8Array.of(0x30, 0x80));
  if (openssl) throw new RangeError("out of memory");
  for (;;);
});
parentPort?.postMessage([]);
