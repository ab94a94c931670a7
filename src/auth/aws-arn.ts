/** An EC2 instance, as AWS names it everywhere. */
export interface Ec2Instance {
  readonly account: string;
  readonly region: string;
  readonly instanceId: string;
}

const ACCOUNT = /^[0-9]{12}$/;
const REGION = /^[a-z]{2,8}(?:-[a-z]{2,12}){1,3}-[1-9][0-9]?$/;
const INSTANCE_ID = /^i-[0-9a-f]{8,17}$/;

export const isAccount = (text: string): boolean => ACCOUNT.test(text);

/** A region's name is part of a host name that we call, so it must have a region's shape. */
export const isRegion = (text: string): boolean => REGION.test(text);

export const isInstanceId = (text: string): boolean => INSTANCE_ID.test(text);

/** One instance is one subject, by whichever evidence it comes. */
export const ec2Subject = ({ account, region, instanceId }: Ec2Instance): string =>
  `aws:${account}:${region}:${instanceId}`;

/** `arn:aws:ec2:us-east-1:111122223333:instance/i-…`, or `null`. */
export const parseInstanceArn = (arn: string): Ec2Instance | null => {
  const [scheme, partition = "", service, region = "", account = "", resource = "", ...more] = arn.split(":");
  if (scheme !== "arn" || !/^aws(?:-[a-z]+)*$/.test(partition) || service !== "ec2" || more.length > 0)
    return null;
  const [type, instanceId = "", ...deeper] = resource.split("/");
  if (type !== "instance" || deeper.length > 0) return null;
  return isRegion(region) && isAccount(account) && isInstanceId(instanceId)
    ? { account, region, instanceId }
    : null;
};
