import { startProcess } from "./running-process.ts";

/** The other end of `node_control.erl`: questions on a node's standard input, answers among its log. */
export interface ControlChannel {
  /** The node's name, its first word. */
  readonly name: string;
  /** Sends Erlang expressions and waits for their value as text; rejects with the node's log. */
  readonly ask: (expressions: string) => Promise<string>;
  readonly log: () => string;
  /** Ends the node's input, at which it halts. */
  readonly close: () => Promise<void>;
}

interface Answer {
  readonly ok: boolean;
  readonly text: string;
}

const BOOT_TIMEOUT = 20_000;
const ANSWER_TIMEOUT = 20_000;
const CONTROL = /^<control> (\d+) (ok|error) (\S*)$/;

/** Starts a program that runs `node_control:serve()`. */
export const openControlChannel = async (argv: readonly string[]): Promise<ControlChannel> => {
  const process = startProcess(argv);
  const log = (): string => process.lines.filter((line) => !CONTROL.test(line)).join("\n");
  const answer = async (id: number, timeout: number): Promise<string> => {
    const { ok, text } = await process.hear((line) => readAnswer(id, line), timeout);
    if (ok) return text;
    throw new Error(`${text}\n${log()}`);
  };
  const name = await answer(0, BOOT_TIMEOUT);
  let asked = 0;
  const ask: ControlChannel["ask"] = (expressions) => {
    const id = ++asked;
    process.say(`${id} ${Buffer.from(expressions).toString("base64")}`);
    return answer(id, ANSWER_TIMEOUT);
  };
  return { name, ask, log, close: process.end };
};

const readAnswer = (id: number, line: string): Answer | null => {
  const [, to, outcome, encoded = ""] = CONTROL.exec(line) ?? [];
  if (to !== `${id}`) return null;
  return { ok: outcome === "ok", text: Buffer.from(encoded, "base64").toString() };
};
