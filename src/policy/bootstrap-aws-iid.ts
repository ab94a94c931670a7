import * as z from "zod/mini";
import { regionPins, signerName } from "../auth/aws-iid/pins.ts";
import { accounts, region } from "./bootstrap-aws.ts";
import { certificate, nodeTemplateFrom } from "./bootstrap-values.ts";
import { DAY, described, duration } from "./definition-values.ts";

/** What a definition states of EC2 instances by their identity documents. */

const regionPin = z.strictObject({ region, certificate });

export const awsIid = z.pipe(
  z.strictObject({
    method: z.literal("aws-iid"),
    accounts,
    regions: z.optional(z.array(region).check(z.minLength(1))),
    node: nodeTemplateFrom("/instanceId", "/privateIp", "/ipName"),
    maxInstanceAge: described(
      z.prefault(duration(60, 30 * DAY), "15m"),
      "How long after its start an instance may bind a key.",
    ),
    rebindAfterRestart: described(
      z.prefault(z.boolean(), false),
      "Whether an instance that was stopped and started again may bind another key.",
    ),
    pins: described(
      z.prefault(z.array(regionPin), []),
      "The certificates that sign for a region; they take the place of those that are known here.",
    ),
  }),
  z.transform((entry, context) => {
    const own = new Set(entry.pins.map((pin) => pin.region));
    const pins = [...entry.pins, ...regionPins().filter((pin) => !own.has(pin.region))];
    const names = pins.map((pin) => signerName(pin.certificate));
    if (new Set(names).size < names.length)
      context.issues.push({
        code: "custom",
        message: "must not pin one signer for two regions",
        input: entry,
        path: ["pins"],
      });
    const missing = (entry.regions ?? []).find((name) => !pins.some((pin) => pin.region === name));
    if (pins.length === 0 || missing !== undefined)
      context.issues.push({
        code: "custom",
        message: `must pin the certificate of ${missing ?? "a region"}: none is known here`,
        input: entry,
        path: ["pins"],
      });
    return { ...entry, regions: entry.regions ?? null, pins };
  }),
);
