import { describe, expect, it } from "vitest";
import { parseClaims } from "../../../src/auth/jwt/claims.ts";
import { PRESETS } from "../../../src/auth/jwt/presets.ts";
import type { JwtPreset } from "../../../src/auth/bootstrap.ts";

const subject = (preset: JwtPreset, claims: object): string | null | undefined => {
  const parsed = parseClaims({ iss: "https://i.test", sub: "s", aud: "a", exp: 2, iat: 1, ...claims });
  return parsed && PRESETS[preset].subject(parsed);
};

describe("the subject of a token", () => {
  it("is one GCE instance of one project", () => {
    const google = (engine: object): object => ({ google: { compute_engine: engine } });
    expect(subject("google", google({ project_id: "prod", instance_id: "123" }))).toBe("gcp:prod:123");
    expect(subject("google", google({ project_id: "prod" }))).toBeNull();
    expect(subject("google", google({ project_id: "prod:123", instance_id: "4" }))).toBeNull();
    expect(subject("google", {})).toBeNull();
  });
  it("is one pod name of one namespace of one issuer", () => {
    const pod = (name: unknown): object => ({ "kubernetes.io": { namespace: "mq", pod: { name } } });
    expect(subject("kubernetes", pod("rabbit-0"))).toBe("kubernetes:https://i.test:mq:rabbit-0");
    expect(subject("kubernetes", pod("rabbit:0"))).toBeNull();
    expect(subject("kubernetes", pod(undefined))).toBeNull();
  });
  it("is the EC2 instance that asked AWS, the same as by its other evidence", () => {
    const aws = (arn: unknown): object => ({
      "https://sts.amazonaws.com/": { ec2_source_instance_arn: arn },
    });
    const of = (arn: unknown): unknown => subject("aws-outbound", aws(arn));
    expect(of("arn:aws:ec2:us-east-1:111122223333:instance/i-0123456789abcdef0")).toBe(
      "aws:111122223333:i-0123456789abcdef0",
    );
    for (const bad of [
      undefined,
      "",
      "arn:aws:ec2:us-east-1:111122223333:volume/i-0123456789abcdef0",
      "arn:aws:ec2:us-east-1:1111:instance/i-0123456789abcdef0",
      "arn:aws:ec2:us-east-1:111122223333:instance/i-0123456789abcdef0/x",
      "arn:aws:ec2:us-east-1:111122223333:instance/i-0123456789abcdef0:x",
      "arn:aws:ec2:../evil:111122223333:instance/i-0123456789abcdef0",
    ])
      expect([bad, of(bad)]).toEqual([bad, null]);
  });
});
