import { describe, expect, it } from "vitest";
import { isSecretName, mayBeOneSecret, secretVariable } from "../../src/policy/secret-name.ts";

describe("secret names", () => {
  it.each([
    "interlock/rabbit-prod",
    "a",
    "Prod_1+x=y.z@w",
    "arn:aws:secretsmanager:eu-central-1:111122223333:secret:interlock/rabbit-prod-AbCdEf",
    "arn:aws-cn:secretsmanager:cn-north-1:111122223333:secret:x-AbCdEf",
  ])("%s is one", (text) => {
    expect(isSecretName(text)).toBe(true);
  });

  it.each([
    "",
    "/leading",
    "a b",
    "a\nb",
    "a:b",
    "ä",
    "a".repeat(513),
    "arn:aws:s3:::bucket",
    "arn:aws:secretsmanager:eu-central-1:1:secret:x-AbCdEf",
    "arn:aws:secretsmanager:eu-central-1:111122223333:secret:without-its-suffix!",
    "arn:aws:secretsmanager:eu-central-1:111122223333:secret:interlock/mq",
  ])("%j is none", (text) => {
    expect(isSecretName(text)).toBe(false);
  });

  it.each([
    ["interlock/rabbit-prod", "CLUSTER_SECRET_INTERLOCK_RABBIT_PROD"],
    ["Mq.1+a", "CLUSTER_SECRET_MQ_1_A"],
  ])("%s is kept in %s", (secret, variable) => {
    expect(secretVariable(secret)).toBe(variable);
  });
});

const arn = (name: string, region = "eu-central-1") =>
  `arn:aws:secretsmanager:${region}:111122223333:secret:${name}`;

describe("two spellings", () => {
  it.each([
    ["the same name", "interlock/mq", "interlock/mq"],
    ["a name and its ARN", "interlock/mq", arn("interlock/mq-AbCdEf")],
    ["two ARNs of one name", arn("interlock/mq-AbCdEf"), arn("interlock/mq-GhIjKl")],
  ])("may mean one secret: %s", (_what, one, other) => {
    expect(mayBeOneSecret(one, other)).toBe(true);
    expect(mayBeOneSecret(other, one)).toBe(true);
  });

  it.each([
    ["two names", "interlock/mq", "interlock/mq-2"],
    ["a name and the ARN of a longer one", "interlock/mq", arn("interlock/mq-2-AbCdEf")],
    ["a name that looks like the end of an ARN", "interlock/mq-AbCdEf", arn("interlock/mq-AbCdEf")],
    ["two regions", arn("interlock/mq-AbCdEf"), arn("interlock/mq-AbCdEf", "us-east-1")],
  ])("mean two secrets: %s", (_what, one, other) => {
    expect(mayBeOneSecret(one, other)).toBe(false);
    expect(mayBeOneSecret(other, one)).toBe(false);
  });
});
