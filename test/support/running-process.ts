import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { abandon } from "./process.ts";

/** A process that goes on while a test talks to it. It should end when its standard input does. */
export interface RunningProcess {
  /** Every line that it wrote so far, on either stream. */
  readonly lines: readonly string[];
  readonly say: (line: string) => void;
  /**
   * The first line, written already or yet to come, that `read` makes something of. Rejects with all lines when the
   * process ends before, or after `timeout` milliseconds.
   */
  readonly hear: <T>(read: (line: string) => T | null, timeout: number) => Promise<T>;
  /** Ends its input and waits for its end; kills it if it does not listen. */
  readonly end: () => Promise<void>;
}

const END_TIMEOUT = 5_000;

export const startProcess = ([program = "", ...args]: readonly string[]): RunningProcess => {
  const child = spawn(program, args, { stdio: "pipe" });
  const closed = once(child, "close");
  const lines: string[] = [];
  const listeners = new Set<(line: string) => void>();
  for (const input of [child.stdout, child.stderr]) {
    createInterface({ input }).on("line", (line) => {
      lines.push(line);
      for (const listen of listeners) listen(line);
    });
  }
  // A process that has gone shows it by its end, not by its broken input.
  child.stdin.on("error", () => undefined);

  const hear = async <T>(read: (line: string) => T | null, timeout: number): Promise<T> => {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const listen = (line: string): void => {
      const value = read(line);
      if (value !== null) resolve(value);
    };
    const fail = (why: string): void => reject(new Error(`the process ${why}\n${lines.join("\n")}`));
    const timer = setTimeout(fail, timeout, `did not say what was expected within ${timeout} ms`);
    closed.then(
      () => fail("has ended"),
      (fault: unknown) => reject(fault),
    );
    listeners.add(listen);
    lines.forEach(listen);
    return promise.finally(() => {
      clearTimeout(timer);
      listeners.delete(listen);
    });
  };

  return {
    lines,
    say: (line) => child.stdin.write(`${line}\n`),
    hear,
    end: async () => {
      child.stdin.end();
      const timer = setTimeout(() => abandon(child), END_TIMEOUT);
      await closed;
      clearTimeout(timer);
    },
  };
};
