import { setTimeout as sleep } from "node:timers/promises";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";

/** @param note is shown the beginning of a reply that the node does not get */
type Fault = (node: Socket, api: Socket, note: (beginning: Buffer) => void) => void;

/** Ways of a node to the API that are bad in one way each: every connection has the fault. */
export const FAULTS = {
  /** The connection breaks before anything arrives. */
  "reset before": (node) => void node.resetAndDestroy(),
  /** The API has done its work, and its reply reaches nobody. */
  "reply lost": (node, api, note) => {
    node.pipe(api);
    api.once("data", (beginning: Buffer) => {
      note(beginning);
      node.resetAndDestroy();
    });
  },
  /** The beginning of the reply arrives, and the rest does not. A reset could overtake it, so the connection ends. */
  "reply cut": (node, api) => {
    node.pipe(api);
    api.once("data", (beginning: Buffer) => node.end(beginning.subarray(0, CUT_AFTER), () => node.destroy()));
  },
  /** The request comes drop by drop. */
  "slow client": (node, api) => {
    drip(node, api).catch(() => api.destroy());
    api.pipe(node);
  },
} as const satisfies Record<string, Fault>;

export type LineFault = keyof typeof FAULTS;

/** Within the headers or the body, never the whole of a bundle. */
const CUT_AFTER = 700;
const DROP_BYTES = 100;
const DROP_PAUSE_MS = 10;

const drip = async (from: Socket, to: Socket): Promise<void> => {
  for await (const chunk of from as AsyncIterable<Buffer>) {
    for (let at = 0; at < chunk.length; at += DROP_BYTES) {
      to.write(chunk.subarray(at, at + DROP_BYTES));
      await sleep(DROP_PAUSE_MS);
    }
  }
};

export interface Line extends AsyncDisposable {
  readonly address: string;
  /** Certificates that the API had made and the node did not get: replies of 200 and 201 that were lost here. */
  readonly lostReplies: () => number;
}

/** Opens a line of one fault to the API, which may come and go. */
export const openLine = async (api: string, fault: LineFault): Promise<Line> => {
  const { hostname, port } = new URL(api);
  const sockets = new Set<Socket>();
  let lostReplies = 0;
  const note = (beginning: Buffer): void => {
    if (/^HTTP\/1\.1 20[01] /.test(beginning.toString("latin1", 0, 16))) lostReplies += 1;
  };
  const server = createServer((node) => {
    const onward = connect(Number(port), hostname);
    breakTogether(sockets, node, onward);
    FAULTS[fault](node, onward, note);
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  // A server that listens on a host and a port has no other kind of address.
  const own = server.address() as AddressInfo;
  return {
    address: `http://127.0.0.1:${own.port}`,
    lostReplies: () => lostReplies,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((closed) => server.close(closed));
    },
  };
};

/** When one side of a line goes, so does the other. */
const breakTogether = (sockets: Set<Socket>, node: Socket, onward: Socket): void => {
  for (const [one, other] of [
    [node, onward],
    [onward, node],
  ] as const) {
    sockets.add(one);
    // An error is followed by the close.
    one.on("error", () => undefined);
    one.on("close", () => {
      sockets.delete(one);
      other.destroySoon();
    });
  }
};
