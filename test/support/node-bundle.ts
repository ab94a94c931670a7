import { dirname } from "node:path";
import * as z from "zod";
import { makeCsr } from "./csr.ts";
import type { Deployment } from "./deployment.ts";
import type { Machine, MachineFile } from "./machine.ts";

const Reply = z.object({
  ports: z.array(z.object({ name: z.string(), port: z.number(), lastPort: z.number().optional() })),
  privateKey: z.object({ path: z.string(), mode: z.string(), owner: z.string(), group: z.string() }),
  apply: z.object({ prepare: z.array(z.string()) }),
});

export interface BundleWish {
  readonly cluster: string;
  readonly node: string;
  /** Options of the call, such as `strategy=flags`. */
  readonly options?: string | undefined;
}

/** All that a node is started from: the reply to its request, and the key that never left it. */
export interface NodeBundle {
  readonly tar: Uint8Array;
  readonly privateKey: MachineFile;
  /** `apply.prepare`. */
  readonly prepare: readonly string[];
  readonly ports: z.infer<typeof Reply>["ports"];
}

/** Asks for a node's bundle with a fresh key and token; the tar is the retry's, so it has the same certificate. */
export const requestBundle = async (
  deployment: Deployment,
  { cluster, node, options = "" }: BundleWish,
): Promise<NodeBundle> => {
  const { csrPem, privateKeyPem } = await makeCsr();
  const token = await deployment.mint(cluster, { exact: node });
  const ask = async (format: string): Promise<Response> => {
    const reply = await deployment.askBundle(cluster, node, token, csrPem, `?format=${format}&${options}`);
    if (!reply.ok) throw new Error(`${node} of ${cluster}: ${await reply.text()}`);
    return reply;
  };
  const { ports, privateKey, apply } = Reply.parse(await (await ask("json")).json());
  return {
    tar: new Uint8Array(await (await ask("tar")).arrayBuffer()),
    privateKey: { ...privateKey, content: privateKeyPem },
    prepare: apply.prepare,
    ports,
  };
};

/** Puts a bundle where it belongs, as the reply says, on a machine with the product's account and nothing of an earlier bundle. */
export const installBundle = async (machine: Machine, bundle: NodeBundle): Promise<void> => {
  const { path, owner } = bundle.privateKey;
  const account = 'getent passwd "$1" >/dev/null || useradd --system --create-home "$1"; rm -rf "$2"';
  await machine.exec(["sh", "-c", account, "sh", owner, dirname(path)]);
  await machine.install(bundle.tar, bundle.privateKey);
  for (const command of bundle.prepare) await machine.exec(["sh", "-eu", "-c", command]);
};
