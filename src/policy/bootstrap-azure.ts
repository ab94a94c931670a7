import * as z from "zod/mini";
import { certificate, list, nodeTemplate } from "./bootstrap-values.ts";
import { described } from "./definition-values.ts";

/** What a definition states of Azure's virtual machines. */
export const azureImds = z.strictObject({
  method: z.literal("azure-imds"),
  subscriptions: list(
    z.uuid({ error: "must be a subscription's UUID in lower case" }).check(z.lowercase()),
    "at least one subscription",
  ),
  node: nodeTemplate,
  pins: described(
    z.array(certificate).check(z.minLength(1, { error: "must pin at least one CA" })),
    "The CAs that may have issued the signer's certificate.",
  ),
});
