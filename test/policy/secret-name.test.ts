import { describe, expect, it } from "vitest";
import { isSecretName, secretVariable } from "../../src/policy/secret-name.ts";

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
    "arn:aws:secretsmanager:eu-central-1:1:secret:x",
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
