import { constants, createHmac, generateKeyPairSync, sign, type KeyObject } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";

/** A key pair of an issuer, with what its key set says of it. */
export interface IssuerKey {
  readonly kid: string;
  readonly alg: "RS256" | "ES256" | "ES256K";
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  readonly jwk: Readonly<Record<string, unknown>>;
}

export const makeKey = (alg: IssuerKey["alg"], kid: string): IssuerKey => {
  const { privateKey, publicKey } =
    alg === "RS256"
      ? generateKeyPairSync("rsa", { modulusLength: 2048 })
      : generateKeyPairSync("ec", { namedCurve: alg === "ES256" ? "P-256" : "secp256k1" });
  return {
    kid,
    alg,
    privateKey,
    publicKey,
    jwk: { ...publicKey.export({ format: "jwk" }), kid, alg, use: "sig" },
  };
};

export const base64url = (content: string | Buffer | object): string =>
  Buffer.isBuffer(content) || typeof content === "string"
    ? Buffer.from(content).toString("base64url")
    : Buffer.from(JSON.stringify(content)).toString("base64url");

/** Signs as the algorithm says, whatever key it is given: a forger is not bound by rules. */
export const signatureOf = (input: string, alg: string, key: KeyObject): Buffer => {
  const hash = `sha${/[0-9]{3}/.exec(alg)?.[0] ?? "256"}`;
  const options = alg.startsWith("PS")
    ? { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }
    : { key, dsaEncoding: "ieee-p1363" as const };
  return sign(hash, Buffer.from(input), options);
};

export const compactOf = (
  header: Readonly<Record<string, unknown>> | string,
  claims: Readonly<Record<string, unknown>> | string | Buffer,
  signer: (input: string) => Buffer,
): string => {
  const input = `${base64url(header)}.${base64url(claims)}`;
  return `${input}.${base64url(signer(input))}`;
};

/** A token as an issuer makes it. */
export const issueToken = (key: IssuerKey, claims: Readonly<Record<string, unknown>>): string =>
  compactOf({ alg: key.alg, kid: key.kid, typ: "JWT" }, claims, (input) =>
    signatureOf(input, key.alg, key.privateKey),
  );

export const hmacOf = (input: string, secret: Buffer | string): Buffer =>
  createHmac("sha256", secret).update(input).digest();

/** A server on loopback that counts every request that it gets, by path. */
export interface Listener extends AsyncDisposable {
  readonly origin: string;
  readonly requests: readonly string[];
}

export const listen = (
  answer: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<Listener> =>
  new Promise((started) => {
    const requests: string[] = [];
    const server = createServer((request, response) => {
      requests.push(request.url ?? "");
      answer(request, response);
    });
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      const port = typeof address === "object" && address !== null ? address.port : 0;
      started({
        origin: `http://127.0.0.1:${String(port)}`,
        requests,
        [Symbol.asyncDispose]: () =>
          new Promise((closed) => {
            server.closeAllConnections();
            server.close(() => closed());
          }),
      });
    });
  });
