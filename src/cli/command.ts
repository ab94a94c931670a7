import { parseArgs, type ParseArgsOptionsConfig } from "node:util";
import { err, ok, type Result } from "../result.ts";
import { systemCode, type World } from "./world.ts";

/** 0 done, 1 refused, 2 usage. */
export type ExitCode = 0 | 1 | 2;

/** What a command has to say: its product to stdout, for pipes, and what people should know to stderr. */
export interface Report {
  readonly product: string;
  readonly notes: readonly string[];
}

export interface Complaint {
  readonly exit: 1 | 2;
  readonly lines: readonly string[];
}

export type Outcome = Result<Report, Complaint>;

export const refused = (...lines: readonly string[]): Result<never, Complaint> => err({ exit: 1, lines });

export const misused = (...lines: readonly string[]): Result<never, Complaint> => err({ exit: 2, lines });

type Values<O extends ParseArgsOptionsConfig> = ReturnType<
  typeof parseArgs<{ options: O; args: string[] }>
>["values"];

export interface Definition<O extends ParseArgsOptionsConfig> {
  /** One line for the overview. */
  readonly summary: string;
  readonly help: string;
  readonly options: O;
  readonly run: (values: Values<O>, world: World) => Promise<Outcome>;
}

export interface Command {
  readonly summary: string;
  readonly run: (args: readonly string[], world: World) => Promise<ExitCode>;
}

/** A command from its options and what it does with their values. It takes no positional arguments; `--help` is answered here. */
export const command = <const O extends ParseArgsOptionsConfig>(definition: Definition<O>): Command => ({
  summary: definition.summary,
  run: async (args, world) => {
    if (args.includes("--help") || args.includes("-h")) {
      world.stdout(definition.help);
      return 0;
    }
    const values = valuesOf(definition.options, args);
    return tell(values.ok ? await attempt(definition.run(values.value, world)) : values, world);
  },
});

const valuesOf = <O extends ParseArgsOptionsConfig>(
  options: O,
  args: readonly string[],
): Result<Values<O>, Complaint> => {
  try {
    return ok(parseArgs<{ options: O; args: string[] }>({ options, args: [...args] }).values);
  } catch (error) {
    if (error instanceof TypeError) return misused(error.message);
    throw error;
  }
};

/** A file that cannot be read or written is the operator's to mend; any other fault is ours, and keeps its stack. */
const attempt = async (work: Promise<Outcome>): Promise<Outcome> => {
  try {
    return await work;
  } catch (error) {
    if (error instanceof Error && systemCode(error) !== null) return refused(error.message);
    throw error;
  }
};

const tell = (outcome: Outcome, world: World): ExitCode => {
  if (outcome.ok) {
    world.stderr(outcome.value.notes.map((line) => `${line}\n`).join(""));
    world.stdout(outcome.value.product);
    return 0;
  }
  world.stderr(outcome.error.lines.map((line) => `interlock: ${line}\n`).join(""));
  return outcome.error.exit;
};
