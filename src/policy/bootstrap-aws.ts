import * as z from "zod/mini";
import { isAccount, isRegion, isRoleArn } from "../auth/aws-arn.ts";
import { regionPins, signerName } from "../auth/aws-iid/pins.ts";
import { parseNodeName } from "../node/node-name.ts";
import { certificate, list, nodeTemplateFrom } from "./bootstrap-values.ts";
import { DAY, described, duration, parsed } from "./definition-values.ts";

/** What a definition states of EC2 instances: their signed calls and their identity documents. */

const account = z.string().check(z.refine(isAccount, { error: "must be an AWS account, twelve digits" }));
const region = z.string().check(z.refine(isRegion, { error: "must be an AWS region such as eu-central-1" }));
const accounts = described(list(account, "at least one account"), "The accounts whose instances may join.");

const node = parsed((text) => (parseNodeName(text).ok ? text : null), "must be a full node name");

const roleArn = z.string().check(
  z.refine(isRoleArn, {
    error: "must be the whole ARN of a role's sessions: arn:aws:sts::111122223333:assumed-role/NAME",
  }),
);

const stsEntry = z
  .strictObject({
    method: z.literal("aws-sts"),
    accounts,
    regions: described(list(region, "at least one region"), "The regions whose STS may be asked."),
    node: described(
      z.optional(nodeTemplateFrom("/instanceId")),
      "For the identity role that every EC2 instance has: the node's name from /instanceId.",
    ),
    roles: described(z.prefault(z.record(roleArn, node), {}), "Node names by role."),
  })
  .check(
    z.refine((entry) => entry.node !== undefined || Object.keys(entry.roles).length > 0, {
      error: "must have a node template for instances, or roles",
    }),
  );

export const awsSts = z.pipe(
  stsEntry,
  z.transform((entry) => ({
    ...entry,
    node: entry.node ?? null,
    roles: new Map(Object.entries(entry.roles)),
  })),
);

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
