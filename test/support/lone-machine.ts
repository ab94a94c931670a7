import { lowerRoot } from "./machines.ts";
import { machineIn, type Machine } from "./machine.ts";
import { openNamespaceOnOurNetwork } from "./namespace.ts";

/** A machine with a root directory and users of its own that reaches what a test runs on the loopback. */
export interface LoneMachine extends Machine, AsyncDisposable {}

export const startLoneMachine = async (host: string, lower = lowerRoot()): Promise<LoneMachine> => {
  const namespace = await openNamespaceOnOurNetwork("machine.sh", lower, host.split(".")[0] ?? host);
  const machine = await machineIn(namespace, { host, address: "127.0.0.1" });
  return { ...machine, [Symbol.asyncDispose]: namespace.close };
};
