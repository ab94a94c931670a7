import * as z from "zod/mini";
import { lazy } from "../../lazy.ts";
import { strictJson } from "../../strict-json.ts";
import { isAccount, isInstanceId, isRegion, type Ec2Instance } from "../aws-arn.ts";

/** What an instance identity document says, as far as it bears on a certificate. */
export interface InstanceDocument extends Ec2Instance {
  readonly region: string;
  readonly privateIp: string;
  /** Epoch seconds: when the instance was last started. */
  readonly pendingTime: number;
}

const PENDING_TIME = /^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$/;
const IPV4 = /^[0-9]{1,3}(?:\.[0-9]{1,3}){3}$/;

const documentSchema = lazy(() =>
  z.object({
    accountId: z.string().check(z.refine(isAccount)),
    region: z.string().check(z.refine(isRegion)),
    instanceId: z.string().check(z.refine(isInstanceId)),
    pendingTime: z.string().check(z.regex(PENDING_TIME)),
    privateIp: z.string().check(z.regex(IPV4)),
  }),
);

/** Reads the document from the bytes whose signature was verified, and from no copy of them. `null` for anything else. */
export const readInstanceDocument = (verified: Uint8Array): InstanceDocument | null => {
  const json = strictJson(verified);
  const parsed = json.ok ? documentSchema().safeParse(json.value) : null;
  if (parsed?.success !== true) return null;
  const { accountId, pendingTime, ...rest } = parsed.data;
  const milliseconds = Date.parse(pendingTime);
  return Number.isNaN(milliseconds)
    ? null
    : { ...rest, account: accountId, pendingTime: milliseconds / 1000 };
};

/** What a node template may point at. `ipName` is how EC2 names an instance after its address, without the zone. */
export const templateValues = ({ instanceId, privateIp }: InstanceDocument): object => ({
  instanceId,
  privateIp,
  ipName: `ip-${privateIp.replaceAll(".", "-")}`,
});
