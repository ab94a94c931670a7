import { dirname } from "node:path";
import * as z from "zod";
import type { Deployment } from "./deployment.ts";
import type { Machine } from "./machine.ts";
import type { NodeBundle } from "./node-bundle.ts";

/** A node that has its bundle, as it renews: openssl on its own machine, and only the call goes out from the test. */
export interface EnrolledNode {
  /** Renews by possession, with a new key or the one that it has, and puts the files in their places. */
  readonly renew: (key: "new" | "same", query?: string) => Promise<NodeReply>;
  /** Fetches the CA bundle alone and puts it in place; answers its generation. */
  readonly fetchRoots: () => Promise<number>;
  /** Tells the API, by its own certificate, what it has in place. */
  readonly acknowledge: (caGeneration: number) => Promise<Response>;
}

const File = z.object({
  path: z.string(),
  mode: z.string(),
  owner: z.string(),
  group: z.string(),
  content: z.string(),
});
const Reply = z.object({
  caGeneration: z.number(),
  certificate: z.object({ serial: z.string() }),
  files: z.array(File),
  apply: z.object({
    effect: z.string(),
    commands: z.array(z.string()),
    configuration: z.string(),
    detail: z.string(),
  }),
});

export type NodeReply = z.infer<typeof Reply>;

export interface NodePlace {
  readonly deployment: Deployment;
  readonly machine: Machine;
  readonly cluster: string;
  readonly node: string;
  readonly bundle: NodeBundle;
}

export const enrolledNode = ({ deployment, machine, cluster, node, bundle }: NodePlace): EnrolledNode => {
  const folder = dirname(bundle.privateKey.path);
  const { owner, group } = bundle.privateKey;
  const url = (route: string): string =>
    `${deployment.origin()}/v1/clusters/${cluster}/nodes/${encodeURIComponent(node)}/${route}`;
  const inFolder = (script: string, stdin = ""): Promise<string> =>
    machine.exec(["sh", "-euc", `cd "$1"; ${script}`, "sh", folder], { stdin });
  const post = async (route: string, body: string): Promise<Response> =>
    fetch(url(route), { method: "POST", body });
  return {
    renew: async (key, query = "") => {
      const request = await inFolder(key === "new" ? REQUEST_NEW : REQUEST_SAME);
      const reply = await post(`bundle?${query}`, await inFolder(SIGN, request));
      const text = await reply.text();
      if (!reply.ok) throw new Error(`${node} does not renew: ${text}`);
      const parsed = Reply.parse(JSON.parse(text));
      for (const file of parsed.files) await machine.write(file);
      if (key === "new")
        await inFolder(
          `chown ${owner}:${group} next_key.pem; mv next_key.pem node_key.pem; touch node_key.pem`,
        );
      return parsed;
    },
    fetchRoots: async () => {
      const reply = await fetch(`${deployment.origin()}/v1/clusters/${cluster}/ca.pem`);
      const content = await reply.text();
      await machine.write({ path: `${folder}/ca.pem`, mode: "0644", owner, group, content });
      return Number(reply.headers.get("Interlock-CA-Generation"));
    },
    acknowledge: async (caGeneration) => post("ack", await inFolder(SIGN, JSON.stringify({ caGeneration }))),
  };
};

const REQUEST_NEW =
  "openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj / -keyout next_key.pem 2>/dev/null";
const REQUEST_SAME = "openssl req -new -key node_key.pem -subj /";
const SIGN = "openssl cms -sign -binary -nodetach -signer node.pem -inkey node_key.pem -outform PEM";
