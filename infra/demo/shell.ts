import { spawnSync } from "node:child_process";

const dim = (text: string): string => (process.stdout.isTTY ? `\u001b[2m${text}\u001b[0m` : text);
const bold = (text: string): string => (process.stdout.isTTY ? `\u001b[1m${text}\u001b[0m` : text);

export const say = (text: string): void => void process.stdout.write(`${text}\n`);

/** Announces a step of the demo. */
export const step = (text: string): void => say(`\n${bold(`▸ ${text}`)}`);

export interface RunOptions {
  /** What to show in place of the arguments, where they hold a token or would fill the screen. */
  readonly shown?: string;
  readonly input?: Uint8Array;
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs a program, shows it as one would type it, and answers its output. Throws with its errors where it fails. */
export const run = (
  command: string,
  args: readonly string[],
  { shown, input, env }: RunOptions = {},
): Buffer => {
  say(dim(`  $ ${shown ?? [command, ...args].join(" ")}`));
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    ...(input === undefined ? {} : { input }),
    env: { ...process.env, ...env },
    maxBuffer: 1 << 24,
  });
  if (error !== undefined) throw error;
  if (status !== 0)
    throw new Error(`${command} ended with ${String(status)}:\n${stderr.toString()}${stdout.toString()}`);
  return stdout;
};

/** Whether a program can be started here. */
export const has = (command: string, ...args: string[]): boolean =>
  spawnSync(command, args, { stdio: "ignore" }).status === 0;
