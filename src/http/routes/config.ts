import type { Context } from "hono";
import type { AddressBlock } from "../../node/address-block.ts";
import type { NodeName } from "../../node/node-name.ts";
import type { ClusterDefinition } from "../../policy/definition.ts";
import { nodeAllowed } from "../../policy/decide.ts";
import { grantedNames } from "../../policy/names.ts";
import type { Refusal } from "../../refusal.ts";
import { applyTo } from "../../render/apply.ts";
import { withOptions } from "../../render/options.ts";
import { withCompanion } from "../../render/companions/companions.ts";
import type { Rendering } from "../../render/renderer.ts";
import { ok, type Result } from "../../result.ts";
import type { Deployment } from "../../deployment.ts";
import { parseConfigCall } from "../config-options.ts";
import { clusterOf, nodeOf, sendProblem, type HttpEnv } from "../context.ts";
import { unlessCurrent } from "../etag.ts";
import type { Content } from "../forms/content.ts";
import { formRefusal, writeForm } from "../forms/form-response.ts";
import { negotiate } from "../negotiate.ts";

/**
 * `GET /v1/clusters/{cluster}/nodes/{node}/config`: the rendered files without a certificate. Public, deterministic, without a
 * secret: the cookie is never in it.
 */
export const getConfig = async (c: Context<HttpEnv>): Promise<Response> => {
  const form = negotiate(c.req.header("Accept") ?? null, c.req.query("format") ?? null);
  if (!form.ok) return sendProblem(c, form.error);
  const cluster = clusterOf(c);
  if (!cluster.ok) return sendProblem(c, cluster.error);
  const node = nodeOf(c);
  if (!node.ok) return sendProblem(c, node.error);
  const rendering = renderConfig(new URL(c.req.url), cluster.value, node.value, c.get("deployment"));
  if (!rendering.ok) return sendProblem(c, rendering.error);
  const unwritable = formRefusal(form.value, rendering.value, false);
  if (unwritable !== null) return sendProblem(c, unwritable);
  const written = await writeForm(
    form.value,
    await configContent(cluster.value, node.value, rendering.value),
  );
  return unlessCurrent(c, written.body, { Vary: "Accept" }, { "Content-Type": written.type });
};

const renderConfig = (
  url: URL,
  cluster: ClusterDefinition,
  node: NodeName,
  deployment: Deployment,
): Result<Rendering, Refusal> => {
  const allowed = nodeAllowed(cluster, node);
  if (!allowed.ok) return allowed;
  const options = parseConfigCall(url);
  if (!options.ok) return options;
  const { render, companion, peers } = options.value;
  const settings = withOptions(cluster.render, render);
  if (!settings.ok) return settings;
  const wildcard = grantedNames(cluster, node).some((name) => name.value.startsWith("*."));
  const rendering = deployment
    .rendererFor(cluster.product)
    .render({ node, settings: settings.value, portOffset: render.portOffset, wildcard, cookie: null });
  if (!rendering.ok || companion === null) return rendering;
  const beside = withCompanion({
    ...rendering.value,
    companion,
    cluster: cluster.id,
    settings: settings.value,
    peers: peers ?? peersOf(cluster),
  });
  if (!beside.ok) return beside;
  const { files, warnings } = beside.value;
  return ok({ ...rendering.value, files, warnings: [...rendering.value.warnings, ...warnings] });
};

/** The addresses that the definition itself gives to nodes. */
const peersOf = ({ nodes }: ClusterDefinition): readonly AddressBlock[] =>
  nodes.hosts.flatMap((host) => (host.kind === "ip" ? [host.block] : []));

const configContent = async (
  cluster: ClusterDefinition,
  node: NodeName,
  rendering: Rendering,
): Promise<Content> => ({
  title: `Interlock: TLS between the nodes of ${cluster.id}, for ${node.text} (without its certificate)`,
  rendering,
  apply: await applyTo(rendering, { have: null, running: false }),
  files: rendering.files,
  warnings: rendering.warnings,
  members: {
    cluster: cluster.id,
    product: cluster.product,
    node: { name: node.text, host: node.host.text, portOffset: rendering.portOffset },
    paths: {
      certificate: rendering.certificate.path,
      caBundle: rendering.caBundle.path,
      privateKey: rendering.privateKey.path,
      ...(rendering.crlFolder === null ? {} : { crlFolder: rendering.crlFolder.path }),
    },
  },
  facts: { cluster: cluster.id, product: cluster.product, node: node.text },
  chain: null,
  mtime: 0,
});
