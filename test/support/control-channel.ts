import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

/** The other end of `node_control.erl`: questions on a node's standard input, answers among its log. */
export interface ControlChannel {
  /** Sends Erlang expressions and waits for their value as text; rejects with the node's log. */
  readonly ask: (expressions: string, timeout: number) => Promise<string>;
  readonly log: () => string;
  /** Ends the node's input, at which it halts. */
  readonly close: () => Promise<void>;
}

const CONTROL = /^<control> (\d+) (ok|error) (\S*)$/;

/** Starts a program that runs `node_control:serve()`. `ready` is its first answer: the node's name. */
export const openControlChannel = async (
  [program = "", ...args]: readonly string[],
  bootTimeout: number,
): Promise<ControlChannel & { readonly ready: string }> => {
  const child = spawn(program, args, { stdio: "pipe" });
  const closed = once(child, "close");
  const lines: string[] = [];
  const log = (): string => lines.join("\n");
  const waiting = new Map<string, (answer: PromiseSettledResult<string>) => void>();

  const hear = (line: string): void => {
    const [, id, outcome, encoded = ""] = CONTROL.exec(line) ?? [];
    if (id === undefined) return void lines.push(line);
    const text = Buffer.from(encoded, "base64").toString();
    waiting.get(id)?.(
      outcome === "ok" ? { status: "fulfilled", value: text } : { status: "rejected", reason: text },
    );
  };
  createInterface({ input: child.stdout }).on("line", hear);
  createInterface({ input: child.stderr }).on("line", hear);
  // A node that has gone shows it by its exit.
  child.stdin.on("error", () => undefined);

  const answer = async (id: string, timeout: number): Promise<string> => {
    const { promise, resolve } = Promise.withResolvers<PromiseSettledResult<string>>();
    waiting.set(id, resolve);
    const fail = (reason: string) => resolve({ status: "rejected", reason });
    const timer = setTimeout(fail, timeout, `no answer within ${timeout} ms`);
    void closed.then(() => fail("the node has ended"));
    const settled = await promise;
    clearTimeout(timer);
    waiting.delete(id);
    if (settled.status === "fulfilled") return settled.value;
    throw new Error(`${String(settled.reason)}\n${log()}`);
  };

  let asked = 0;
  return {
    ready: await answer("0", bootTimeout),
    log,
    ask: (expressions, timeout) => {
      const id = `${++asked}`;
      child.stdin.write(`${id} ${Buffer.from(expressions).toString("base64")}\n`);
      return answer(id, timeout);
    },
    close: async () => {
      child.stdin.end();
      await closed;
    },
  };
};
