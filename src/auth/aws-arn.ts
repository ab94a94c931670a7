/** An EC2 instance. Its id is unique in all of AWS; the account is who answers for it. */
export interface Ec2Instance {
  readonly account: string;
  readonly instanceId: string;
}

const ACCOUNT = /^[0-9]{12}$/;
const REGION = /^[a-z]{2,8}(?:-[a-z]{2,12}){1,3}-[1-9][0-9]?$/;
const INSTANCE_ID = /^i-[0-9a-f]{8,17}$/;
const ROLE_NAME = /^[A-Za-z0-9+=,.@_-]{1,64}$/;
const PARTITION = /^aws(?:-[a-z]+)*$/;

export const isAccount = (text: string): boolean => ACCOUNT.test(text);

/** A region's name becomes part of a host name that we call, so it must have a region's shape. */
export const isRegion = (text: string): boolean => REGION.test(text);

export const isInstanceId = (text: string): boolean => INSTANCE_ID.test(text);

/** One instance is one subject, by whichever evidence and through whichever region it comes. */
export const ec2Subject = ({ account, instanceId }: Ec2Instance): string => `aws:${account}:${instanceId}`;

interface Arn {
  readonly service: string;
  readonly region: string;
  readonly account: string;
  /** Everything after the fifth colon: a resource may hold colons of its own. */
  readonly resource: string;
}

const splitArn = (text: string): Arn | null => {
  const [scheme, partition = "", service = "", region = "", account = "", ...resource] = text.split(":");
  if (scheme !== "arn" || !PARTITION.test(partition) || !isAccount(account) || resource.length === 0)
    return null;
  return { service, region, account, resource: resource.join(":") };
};

/** `arn:aws:ec2:us-east-1:111122223333:instance/i-…`, or `null`. */
export const parseInstanceArn = (text: string): Ec2Instance | null => {
  const arn = splitArn(text);
  const [type, instanceId = "", ...deeper] = arn?.resource.split("/") ?? [];
  if (arn?.service !== "ec2" || !isRegion(arn.region) || type !== "instance" || deeper.length > 0)
    return null;
  return isInstanceId(instanceId) ? { account: arn.account, instanceId } : null;
};

/** Who an assumed role is. The session's name says something only where AWS chose it. */
export type AssumedRole =
  /** The instance identity role that every EC2 instance has: its session name is the instance's id. */
  | ({ readonly kind: "instance" } & Ec2Instance)
  /** A role of the account. Its session name was the caller's choice, so it is left off. */
  | { readonly kind: "role"; readonly account: string; readonly arn: string };

const INSTANCE_ROLE = "aws:ec2-instance";

/**
 * `arn:aws:sts::111122223333:assumed-role/NAME/SESSION`, or `null`. The instance identity role has a colon in its name, which no role
 * of a customer can have (IAM, quotas and name requirements): nobody can call a role so.
 */
export const parseAssumedRole = (text: string): AssumedRole | null => {
  const arn = splitArn(text);
  const [type, name = "", session = "", ...deeper] = arn?.resource.split("/") ?? [];
  if (
    arn?.service !== "sts" ||
    arn.region !== "" ||
    type !== "assumed-role" ||
    session === "" ||
    deeper.length > 0
  )
    return null;
  if (name === INSTANCE_ROLE)
    return isInstanceId(session) ? { kind: "instance", account: arn.account, instanceId: session } : null;
  return ROLE_NAME.test(name)
    ? { kind: "role", account: arn.account, arn: text.slice(0, -session.length - 1) }
    : null;
};

/** A role as a definition names it: the whole ARN of its sessions, without a session. */
export const isRoleArn = (text: string): boolean => parseAssumedRole(`${text}/session`)?.kind === "role";
