import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";

export interface ProcessOptions {
  readonly stdin?: string | Uint8Array;
  /** Milliseconds until the process is killed and the call rejects. */
  readonly timeout?: number;
}

export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const DEFAULT_TIMEOUT = 30_000;

/** Runs one program to its end, in bounded time. Its exit code is an outcome; not starting or not ending is a fault. */
export const attempt = async (argv: readonly string[], options: ProcessOptions = {}): Promise<Outcome> => {
  const [program = "", ...rest] = argv;
  const timeout = options.timeout ?? DEFAULT_TIMEOUT;
  const child = spawn(program, rest, { stdio: "pipe", timeout, killSignal: "SIGKILL" });
  // A program that ends without reading its input breaks the pipe; its exit code says what there is to say.
  child.stdin.on("error", () => undefined).end(options.stdin ?? "");
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "close")]);
  if (child.signalCode !== null) {
    throw new Error(`${argv.join(" ")}: ${child.signalCode} within ${timeout} ms\n${stdout}${stderr}`);
  }
  return { code: child.exitCode, stdout, stderr };
};

/** As `attempt`, for a program that must succeed: answers its standard output, throws all of its output otherwise. */
export const run = async (argv: readonly string[], options: ProcessOptions = {}): Promise<string> => {
  const outcome = await attempt(argv, options);
  if (outcome.code === 0) return outcome.stdout;
  throw new Error(`${argv.join(" ")}: exit ${outcome.code}\n${outcome.stdout}${outcome.stderr}`);
};
