import * as z from "zod/mini";
import { isRoleArn } from "../auth/aws-arn.ts";
import { parseNodeName } from "../node/node-name.ts";
import { accounts, region } from "./bootstrap-aws.ts";
import { list, nodeTemplateFrom } from "./bootstrap-values.ts";
import { described, parsed } from "./definition-values.ts";

/** What a definition states of EC2 instances by their signed calls. */

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
