import { check } from "./check.ts";
import type { Command, ExitCode } from "./command.ts";
import { init } from "./init.ts";
import { renew } from "./renew.ts";
import { revoke } from "./revoke.ts";
import { rotate } from "./rotate.ts";
import { schema } from "./schema.ts";
import { token } from "./token.ts";
import type { World } from "./world.ts";

const COMMANDS: ReadonlyMap<string, Command> = new Map([
  ["init", init],
  ["renew", renew],
  ["rotate", rotate],
  ["token", token],
  ["revoke", revoke],
  ["check", check],
  ["schema", schema],
]);

/** The operator's command. Answers the exit code: 0 done, 1 refused, 2 usage. */
export const run = async (argv: readonly string[], world: World): Promise<ExitCode> => {
  const [name, ...args] = argv;
  if (name === undefined || name === "--help" || name === "-h" || name === "help") {
    world.stdout(overview());
    return name === undefined ? 2 : 0;
  }
  const command = COMMANDS.get(name);
  if (command !== undefined) return await command.run(args, world);
  world.stderr(`interlock: there is no command ${name}\n${overview()}`);
  return 2;
};

const overview = (): string => `interlock: CAs and join tokens for the clusters of infra/clusters.json

${[...COMMANDS].map(([name, { summary }]) => `  ${name.padEnd(8)} ${summary}`).join("\n")}

interlock COMMAND --help says more. Exit codes: 0 done, 1 refused, 2 usage.
`;
