import { spawn, type ChildProcessWithoutNullStreams } from "node:child_process";
import { once } from "node:events";
import type { Readable } from "node:stream";

export interface ProcessOptions {
  readonly stdin?: string | Uint8Array;
  /** Milliseconds until the process is killed and the call rejects. */
  readonly timeout?: number;
}

export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

const DEFAULT_TIMEOUT = 30_000;

/** Runs one program to its end, in bounded time. Its exit code is an outcome; not starting or not ending is a fault. */
export const attempt = async (argv: readonly string[], options: ProcessOptions = {}): Promise<Outcome> => {
  const [program = "", ...rest] = argv;
  const child = spawn(program, rest, { stdio: "pipe" });
  // A program that ends without reading its input breaks the pipe; its exit code says what there is to say.
  child.stdin.on("error", () => undefined).end(options.stdin ?? "");
  const [stdout, stderr] = [collect(child.stdout), collect(child.stderr)];
  const { timeout = DEFAULT_TIMEOUT } = options;
  const timer = setTimeout(() => abandon(child), timeout);
  await once(child, "close").finally(() => clearTimeout(timer));
  if (child.exitCode !== null) return { code: child.exitCode, stdout: stdout(), stderr: stderr() };
  throw new Error(`${argv.join(" ")}: no end within ${timeout} ms\n${stdout()}${stderr()}`);
};

const collect = (stream: Readable): (() => string) => {
  const chunks: string[] = [];
  stream.setEncoding("utf8").on("data", (chunk: string) => chunks.push(chunk));
  return () => chunks.join("");
};

/** Kills a process and lets go of its output, which children of its own may hold open for ever. */
export const abandon = (child: ChildProcessWithoutNullStreams): void => {
  child.kill("SIGKILL");
  child.stdout.destroy();
  child.stderr.destroy();
};

/** As `attempt`, for a program that must succeed: answers its standard output, throws all of its output otherwise. */
export const run = async (argv: readonly string[], options: ProcessOptions = {}): Promise<string> => {
  const outcome = await attempt(argv, options);
  if (outcome.code === 0) return outcome.stdout;
  throw new Error(`${argv.join(" ")}: exit ${outcome.code}\n${outcome.stdout}${outcome.stderr}`);
};
