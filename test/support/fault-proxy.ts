import { createServer, request as forward, type IncomingMessage, type ServerResponse } from "node:http";

/** What stands between the Worker and the secrets manager answers instead of it. */
export type Fault = (response: ServerResponse) => void;

export interface FaultProxy extends AsyncDisposable {
  readonly endpoint: string;
  /** From the next request on; `null` forwards. */
  fault: Fault | null;
  /** Requests that arrived, forwarded or not. */
  requests: number;
}

const awsError =
  (status: number, type: string): Fault =>
  (response) => {
    response.writeHead(status, { "Content-Type": "application/x-amz-json-1.1", "x-amzn-ErrorType": type });
    response.end(
      JSON.stringify({ __type: type, Message: "a message of the provider's that nobody may see" }),
    );
  };

/** The faults of `../shared/data/faults/matrix.json` that a secrets manager can show, by their names there. */
export const FAULTS = {
  "access-denied": awsError(400, "AccessDeniedException"),
  "not-found": awsError(400, "ResourceNotFoundException"),
  throttling: awsError(400, "ThrottlingException"),
  "http-500": awsError(500, "InternalServiceError"),
  "credentials-expired-mid-flight": awsError(400, "ExpiredTokenException"),
  "slow-drip": (response) => {
    response.writeHead(200, { "Content-Type": "application/x-amz-json-1.1" });
    const drip = setInterval(() => response.write(" "), 200);
    response.on("close", () => clearInterval(drip));
  },
  "truncated-json": (response) => response.end('{"Name":"interlock/mq","SecretString":"{'),
  "not-json": (response) => response.end("<html>sorry</html>"),
  "a malformed secret": (response) =>
    response.end(
      JSON.stringify({ SecretString: '{"version":2}', VersionId: "bad", VersionStages: ["AWSCURRENT"] }),
    ),
  "connection reset": (response) => response.destroy(),
} as const satisfies Record<string, Fault>;

export const startFaultProxy = async (target: string): Promise<FaultProxy> => {
  const server = createServer((request, response) => {
    proxy.requests += 1;
    if (proxy.fault !== null) proxy.fault(response);
    else pass(target, request, response);
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const proxy: FaultProxy = {
    endpoint: `http://127.0.0.1:${String(port)}`,
    fault: null,
    requests: 0,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
  return proxy;
};

const pass = (target: string, request: IncomingMessage, response: ServerResponse): void => {
  const { hostname, port } = new URL(target);
  const onward = forward(
    { hostname, port, path: request.url, method: request.method, headers: request.headers },
    (reply) => {
      response.writeHead(reply.statusCode ?? 502, reply.headers);
      reply.pipe(response);
    },
  );
  onward.on("error", () => response.destroy());
  request.pipe(onward);
};
