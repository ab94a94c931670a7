import * as z from "zod/mini";
import { isAccount, isRegion } from "../auth/aws-arn.ts";
import { list } from "./bootstrap-values.ts";
import { described } from "./definition-values.ts";

/** What a definition states of EC2 instances, whichever way they show who they are. */

const account = z.string().check(z.refine(isAccount, { error: "must be an AWS account, twelve digits" }));
export const region = z
  .string()
  .check(z.refine(isRegion, { error: "must be an AWS region such as eu-central-1" }));
export const accounts = described(
  list(account, "at least one account"),
  "The accounts whose instances may join.",
);
