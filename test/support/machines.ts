import { isIP } from "node:net";
import { bootMachine, powerOn, type Machine, type MachineSpec } from "./machine.ts";
import { openNetwork } from "./network.ts";

/** Computers on a network of their own, on which each resolves every host. Disposing of them unmakes all of it. */
export interface Machines extends AsyncDisposable {
  readonly at: (host: string) => Machine;
}

/** The file system below the machines: this machine's own, or one that the matrix runner made. */
export const lowerRoot = (): string => process.env["INTERLOCK_ROOT"] ?? "/";

/** Boots one machine for each host: a long name, a short name or an IP literal. */
export const startMachines = async (
  hosts: readonly string[],
  lower: string = lowerRoot(),
): Promise<Machines> => {
  await using stack = new AsyncDisposableStack();
  const network = await openNetwork();
  stack.defer(network.close);
  const machines = new Map<string, Machine>();
  for (const spec of specs(hosts, lower)) {
    const namespace = await powerOn(spec);
    stack.defer(namespace.close);
    machines.set(spec.host, await bootMachine(namespace, spec, network));
  }
  const booted = stack.move();
  return {
    at: (host) => {
      const machine = machines.get(host);
      if (machine === undefined) throw new Error(`no machine was started for ${host}`);
      return machine;
    },
    [Symbol.asyncDispose]: () => booted.disposeAsync(),
  };
};

const specs = (hosts: readonly string[], lower: string): readonly MachineSpec[] => {
  const named = hosts.map((host, index) => ({
    host,
    address: isIP(host) === 0 ? `10.77.0.${index + 1}` : host,
    bareName: isIP(host) === 0 ? (host.split(".")[0] ?? host) : `machine${index + 1}`,
  }));
  const lines = named.map(
    ({ host, address, bareName }) => `${address} ${[...new Set([host, bareName])].join(" ")}\n`,
  );
  const etcHosts = `127.0.0.1 localhost\n${lines.join("")}`;
  return named.map(({ host, address, bareName }) => ({ host, address, bareName, lower, etcHosts }));
};
