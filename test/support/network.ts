import { isIPv6 } from "node:net";
import { openNamespace, type Namespace } from "./namespace.ts";
import { run } from "./process.ts";

/** A switch in a namespace of its own: the machines on it reach each other, and nothing else. */
export interface Network {
  /** Connects a machine by a cable of its own and gives it its address. */
  readonly plug: (machine: Namespace, address: string) => Promise<void>;
  readonly close: () => Promise<void>;
}

export const openNetwork = async (): Promise<Network> => {
  const namespace = await openNamespace("network.sh");
  return { plug: (machine, address) => plug(machine, namespace, address), close: namespace.close };
};

/** Every address is on the link, so any address that a test likes will do. */
const plug = async (machine: Namespace, network: Namespace, address: string): Promise<void> => {
  const port = `port${machine.pid}`;
  await ip([`link add ${port} netns ${network.pid} type veth peer eth0 netns ${machine.pid}`]);
  await ip([`link set ${port} master bridge up`], network);
  const [host, anywhere] = isIPv6(address) ? [`${address}/128`, "::/0"] : [`${address}/32`, "0.0.0.0/0"];
  await ip(
    [
      "link set lo up",
      "link set eth0 up",
      `address add ${host} dev eth0${isIPv6(address) ? " nodad" : ""}`,
      `route add ${anywhere} dev eth0`,
    ],
    machine,
  );
};

const ip = async (commands: readonly string[], inside?: Namespace): Promise<void> => {
  const enter = inside === undefined ? [] : ["nsenter", "-t", `${inside.pid}`, "-n"];
  await run([...enter, "ip", "-batch", "-"], { stdin: commands.join("\n") });
};
