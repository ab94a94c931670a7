import * as z from "zod";
import { loadClustersSchema } from "../policy/definition-schema.ts";
import { ALL_KINDS } from "../policy/named-kinds.ts";
import { ok } from "../result.ts";
import { command, type Outcome } from "./command.ts";

export const SCHEMA_FILE = "infra/clusters.schema.json";

const HELP = `interlock schema [--out FILE]

Writes the JSON Schema of the definitions, which editors use to complete and check them.

  --out FILE         where to (default ${SCHEMA_FILE})
`;

export const schema = command({
  summary: "write the JSON Schema of the definitions",
  help: HELP,
  options: { out: { type: "string", default: SCHEMA_FILE } },
  run: async (values, world): Promise<Outcome> => {
    await world.publish(values.out, await clustersJsonSchema());
    return ok({ product: "", notes: [`wrote ${values.out}`] });
  },
});

/** What people write, before defaults and parsing. Draft 7 is the one that every editor knows. */
export const clustersJsonSchema = async (): Promise<string> => {
  const document = z.toJSONSchema(await loadClustersSchema(ALL_KINDS), { io: "input", target: "draft-7" });
  return `${JSON.stringify({ title: "Interlock: cluster definitions", ...document }, null, 2)}\n`;
};
