import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AwsAccess } from "../../src/custody/secrets-manager.ts";

/** A real server on loopback that answers as it is told, and counts. */
export interface FakeSecretsManager extends AsyncDisposable {
  readonly access: AwsAccess;
  /** The bodies of the requests so far. */
  readonly requests: readonly string[];
  readonly authorizations: readonly string[];
}

export type Answer = (response: ServerResponse, attempt: number, request: IncomingMessage) => void;

export const fakeSecretsManager = async (answer: Answer): Promise<FakeSecretsManager> => {
  const requests: string[] = [];
  const authorizations: string[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      requests.push(Buffer.concat(chunks).toString("utf8"));
      authorizations.push(request.headers.authorization ?? "");
      answer(response, requests.length, request);
    });
  });
  const port = await listen(server);
  return {
    access: { ...ACCESS, endpoint: `http://127.0.0.1:${port}` },
    requests,
    authorizations,
    [Symbol.asyncDispose]: () => close(server),
  };
};

/** Gives the free port of loopback that the server now listens on. */
export const listen = async (server: Server): Promise<number> => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("the server listens on no port");
  return address.port;
};

export const close = async (server: Server): Promise<void> => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
};

/** Credentials of nobody. */
export const ACCESS: AwsAccess = {
  region: "eu-central-1",
  accessKeyId: "AKIDEXAMPLE",
  secretAccessKey: "example-secret-access-key",
  sessionToken: null,
  endpoint: null,
};

const AMZ_JSON = { "Content-Type": "application/x-amz-json-1.1" };

export const answerSecret =
  (text: string, versionId = "v1"): Answer =>
  (response) =>
    response.writeHead(200, AMZ_JSON).end(
      JSON.stringify({
        Name: "interlock/mq",
        SecretString: text,
        VersionId: versionId,
        VersionStages: ["AWSCURRENT"],
      }),
    );

export const answerJson =
  (value: unknown): Answer =>
  (response) =>
    response.writeHead(200, AMZ_JSON).end(JSON.stringify(value));

export const answerError =
  (status: number, type: string): Answer =>
  (response) =>
    response
      .writeHead(status, AMZ_JSON)
      .end(JSON.stringify({ __type: type, Message: "provider text that must stay behind" }));
