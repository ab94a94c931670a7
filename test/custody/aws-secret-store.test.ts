import { createServer as createHttpServer } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import { describe, expect, it } from "vitest";
import { awsSecretStore } from "../../src/custody/aws-secret-store.ts";
import { SecretUnavailable } from "../../src/custody/custody.ts";
import { makeSecret } from "../support/cluster-secret.ts";
import {
  ACCESS,
  answerError,
  answerJson,
  answerSecret,
  fakeSecretsManager,
  type Answer,
  close,
  listen,
} from "./fake-secrets-manager.ts";

/** What the store makes of an answer: the reason, and how often it asked. */
const outcomeOf = async (
  answer: Answer,
): Promise<{ reason: unknown; asked: number; milliseconds: number }> => {
  await using server = await fakeSecretsManager(answer);
  const started = performance.now();
  const error: unknown = await awsSecretStore(server.access)
    .fetch("interlock/mq")
    .catch((thrown: unknown) => thrown);
  const milliseconds = performance.now() - started;
  expect(error).toBeInstanceOf(SecretUnavailable);
  expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain("provider text");
  return {
    reason: error instanceof SecretUnavailable ? error.reason : error,
    asked: server.requests.length,
    milliseconds,
  };
};

describe("awsSecretStore", () => {
  it("asks for AWSCURRENT by name, signed, and gives the version", async () => {
    await using server = await fakeSecretsManager(answerSecret("the secret", "v7"));
    const store = awsSecretStore({ ...server.access, sessionToken: "session" });
    expect(await store.fetch("interlock/mq")).toEqual({ versionId: "v7", text: "the secret" });
    expect(server.requests.map((body) => JSON.parse(body) as unknown)).toEqual([
      { SecretId: "interlock/mq", VersionStage: "AWSCURRENT" },
    ]);
    expect(server.authorizations[0]).toMatch(
      /^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\/\d{8}\/eu-central-1\/secretsmanager\/aws4_request, SignedHeaders=[a-z0-9;-]*x-amz-security-token/,
    );
  });

  it("holds the largest secret that there can be", async () => {
    const text = "\u0001".repeat(65_536 / 2);
    await using server = await fakeSecretsManager(answerSecret(text));
    expect((await awsSecretStore(server.access).fetch("interlock/mq")).text).toBe(text);
  });

  it.each<[string, Answer, SecretUnavailable["reason"]]>([
    ["secrets-manager-access-denied", answerError(400, "AccessDeniedException"), "access-denied"],
    ["secrets-manager-not-found", answerError(400, "ResourceNotFoundException"), "not-found"],
    ["a secret that is marked for deletion", answerError(400, "InvalidRequestException"), "not-found"],
    ["a key that KMS does not give", answerError(400, "DecryptionFailure"), "access-denied"],
    ["a wrong key", answerError(400, "InvalidSignatureException"), "access-denied"],
    ["an unknown key", answerError(400, "UnrecognizedClientException"), "access-denied"],
    // The credentials are given, so there are no others to try: an operator must act.
    [
      "secrets-manager-credentials-expired-mid-flight",
      answerError(400, "ExpiredTokenException"),
      "access-denied",
    ],
    ["an error of a new kind", answerError(400, "SomethingNewException"), "malformed-reply"],
    ["a proxy that refuses", answerError(403, "Forbidden"), "access-denied"],
    [
      "secrets-manager-rotated-pending-only",
      answerJson({ SecretString: "x", VersionId: "v2", VersionStages: ["AWSPENDING"] }),
      "malformed-reply",
    ],
    [
      "the version before",
      answerJson({ SecretString: "x", VersionId: "v0", VersionStages: ["AWSPREVIOUS"] }),
      "malformed-reply",
    ],
    ["a version without stages", answerJson({ SecretString: "x", VersionId: "v1" }), "malformed-reply"],
    [
      "a version without an id",
      answerJson({ SecretString: "x", VersionStages: ["AWSCURRENT"] }),
      "malformed-reply",
    ],
    [
      "a binary secret",
      answerJson({ SecretBinary: "eA==", VersionId: "v1", VersionStages: ["AWSCURRENT"] }),
      "malformed-reply",
    ],
    [
      "secrets-manager-not-json",
      (response) => response.writeHead(200).end("<html>provider text</html>"),
      "malformed-reply",
    ],
    [
      "secrets-manager-truncated-json",
      (response) => response.writeHead(200).end('{"SecretString": "provider te'),
      "malformed-reply",
    ],
    [
      "a reply without end",
      (response) => response.writeHead(200).end("x".repeat(300_000)),
      "malformed-reply",
    ],
  ])("%s is refused at the first answer", async (_fault, answer, reason) => {
    expect(await outcomeOf(answer)).toMatchObject({ reason, asked: 1 });
  });

  it.each<[string, Answer, SecretUnavailable["reason"]]>([
    ["secrets-manager-http-500", answerError(500, "InternalServiceError"), "unreachable"],
    ["a gateway that is down", (response) => response.writeHead(503).end("provider text"), "unreachable"],
    ["throttling", answerError(400, "ThrottlingException"), "throttled"],
    ["a lost connection", (response) => response.destroy(), "unreachable"],
    [
      "a connection lost in the body",
      (response) => response.writeHead(200, { "Content-Length": "100" }).write("{", () => response.destroy()),
      "unreachable",
    ],
  ])("%s is tried twice, then refused", async (_fault, answer, reason) => {
    expect(await outcomeOf(answer)).toMatchObject({ reason, asked: 2 });
  });

  it.each<[string, Answer]>([
    ["a 500", answerError(500, "InternalServiceError")],
    ["throttling", answerError(400, "ThrottlingException")],
    ["a lost connection", (response) => response.destroy()],
  ])("gets the secret after %s", async (_fault, first) => {
    await using server = await fakeSecretsManager((response, attempt, request) => {
      (attempt === 1 ? first : answerSecret("the secret"))(response, attempt, request);
    });
    expect(await awsSecretStore(server.access).fetch("interlock/mq")).toMatchObject({ text: "the secret" });
  });

  it.each([301, 302, 303, 307, 308])("secrets-manager-redirect: a %d is not followed", async (status) => {
    await using elsewhere = await fakeSecretsManager(answerSecret("a foreign secret"));
    const answer: Answer = (response) =>
      response.writeHead(status, { Location: elsewhere.access.endpoint ?? "" }).end();
    expect((await outcomeOf(answer)).reason).toBe("malformed-reply");
    expect(elsewhere.requests).toEqual([]);
  });

  it.concurrent.each<[string, Answer]>([
    ["a server that does not answer", () => {}],
    ["headers without a body", (response) => response.writeHead(200).flushHeaders()],
    [
      "secrets-manager-slow-drip",
      (response) => {
        response.writeHead(200, { "Content-Type": "application/x-amz-json-1.1" }).write("{");
        const drip = setInterval(() => response.write(" "), 1000);
        response.on("close", () => clearInterval(drip));
      },
    ],
  ])("%s ends at the time limit", async (_fault, answer) => {
    const outcome = await outcomeOf(answer);
    expect(outcome.reason).toBe("timeout");
    expect(outcome.milliseconds).toBeGreaterThan(2900);
    expect(outcome.milliseconds).toBeLessThan(4500);
  });

  it("secrets-manager-tls-bad-cert: a server that nobody vouches for is refused", async () => {
    const { certificate: cert, privateKey: key } = (await makeSecret(Math.floor(Date.now() / 1000))).root;
    const server = createHttpsServer({ cert, key }, (_request, response) => response.end("{}"));
    const store = awsSecretStore({ ...ACCESS, endpoint: `https://127.0.0.1:${await listen(server)}` });
    await expect(store.fetch("interlock/mq")).rejects.toMatchObject({ reason: "unreachable" });
    await close(server);
  });

  it("an endpoint where nobody listens is unreachable", async () => {
    const server = createHttpServer();
    const port = await listen(server);
    await close(server);
    const store = awsSecretStore({ ...ACCESS, endpoint: `http://127.0.0.1:${port}` });
    await expect(store.fetch("interlock/mq")).rejects.toMatchObject({ reason: "unreachable" });
  });
});
