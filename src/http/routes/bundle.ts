import type { Context } from "hono";
import { readCredential } from "../../auth/credential.ts";
import { issueBundle } from "../../bundle.ts";
import { admitAddress, clusterOf, nodeOf, note, originOf, sendProblem, type HttpEnv } from "../context.ts";
import { decodeBundleCall } from "../decode.ts";
import { bundleContent } from "../forms/content.ts";
import { formRefusal, writeForm } from "../forms/form-response.ts";
import { negotiate } from "../negotiate.ts";

/** `POST /v1/clusters/{cluster}/nodes/{node}/bundle`: the main job. */
export const postBundle = async (c: Context<HttpEnv>): Promise<Response> => {
  const { random, custody, authenticators, ledgerOf, memory } = c.get("deployment");
  const admitted = await admitAddress(c);
  if (!admitted.ok) return sendProblem(c, admitted.error);
  const form = negotiate(c.req.header("Accept") ?? null, c.req.query("format") ?? null);
  if (!form.ok) return sendProblem(c, form.error);
  const cluster = clusterOf(c);
  if (!cluster.ok) return sendProblem(c, cluster.error);
  const node = nodeOf(c);
  if (!node.ok) return sendProblem(c, node.error);
  const header = readCredential(c.req.header("Authorization") ?? null);
  if (!header.ok && header.error.code !== "credential-missing") return sendProblem(c, header.error);
  const url = new URL(c.req.url);
  const origin = originOf(c, url);
  const call = await decodeBundleCall(c.req.raw, url, header);
  if (!call.ok) return sendProblem(c, call.error);
  const bundle = await issueBundle(
    {
      cluster: cluster.value,
      node: node.value,
      origin,
      ...call.value,
      refuseForm: (rendering) => formRefusal(form.value, rendering, !call.value.options.dryRun),
    },
    { now: c.get("now"), random, custody, authenticators, ledgerOf, ...memory },
  );
  if (!bundle.ok) return sendProblem(c, bundle.error);
  if (bundle.value.certificate !== null) note(c, { serial: bundle.value.certificate.serial });
  const written = await writeForm(form.value, bundleContent(bundle.value, origin, c.get("now")));
  const fresh = bundle.value.certificate !== null && !bundle.value.replay;
  if (bundle.value.replay) c.header("Idempotent-Replay", "true");
  return c.body(written.body, fresh ? 201 : 200, { "Content-Type": written.type });
};
