import { mkdirSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage } from "node:http";
import { attestedDocument, makeHolder, signAttested, VM } from "../attested-document.ts";
import { exportPrivateKey } from "../csr.ts";
import { issueToken, makeKey } from "../issuer.ts";
import { signMessage } from "../signed-message.ts";

/**
 * What a machine sees of its cloud, of each cloud at once: metadata services with keys of their own, a pod's projected token, and an STS
 * that answers in JSON what moto_server says in XML. Runs on a reader's machine (`MOTO`, `POD_AUDIENCE`), prints what a definition must
 * know of it, and ends with its input.
 */
const MOTO = process.env["MOTO"] ?? "";
const HOST = "mq-1";
const INSTANCE = "i-0123456789abcdef0";

const now = (): number => Math.floor(Date.now() / 1000);
const [google, apiserver] = [makeKey("RS256", "google"), makeKey("RS256", "apiserver")];
const region = await makeHolder({ subject: "CN=eu-central-1", hosts: [], now: now() });
const azureCa = await makeHolder({ subject: "CN=Azure TLS CA", now: now() });
const azure = await makeHolder({ issuer: azureCa, hosts: ["metadata.azure.com"], now: now() });

const googleToken = (audience: string): string =>
  issueToken(google, {
    iss: "https://accounts.google.com",
    aud: audience,
    sub: "1234567890",
    iat: now(),
    exp: now() + 3600,
    google: {
      compute_engine: { project_id: "rabbit-prod", instance_id: "4711", instance_name: HOST },
    },
  });

const podToken = (audience: string): string =>
  issueToken(apiserver, {
    iss: "https://kubernetes.default.svc.cluster.local",
    aud: [audience],
    iat: now(),
    nbf: now(),
    exp: now() + 3600,
    jti: crypto.randomUUID(),
    sub: "system:serviceaccount:mq:rabbit",
    "kubernetes.io": { namespace: "mq", pod: { name: HOST }, serviceaccount: { name: "rabbit" } },
  });

/** Of another instance than the one whose role signs: an instance has one name. */
const identityDocument = async (): Promise<string> =>
  signMessage({
    content: JSON.stringify({
      accountId: "111122223333",
      instanceId: "i-0fedcba9876543210",
      privateIp: "10.20.0.11",
      region: "eu-central-1",
      pendingTime: new Date((now() - 60) * 1000).toISOString().replace(/\.\d+Z/, "Z"),
    }),
    certificate: region.pem,
    privateKey: await exportPrivateKey(region.keys.privateKey),
  });

const attested = async (nonce: string): Promise<string> => {
  const content = await attestedDocument(new Uint8Array(), now(), { nonce });
  const signature = Buffer.from(await signAttested({ signer: azure, content })).toString("base64");
  return JSON.stringify({ encoding: "pkcs7", signature });
};

const element = (xml: string, name: string): string =>
  new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1] ?? "";

const askMoto = async (body: string, headers: Readonly<Record<string, string>>): Promise<string> => {
  const form = { "Content-Type": "application/x-www-form-urlencoded" };
  return (await fetch(MOTO, { method: "POST", headers: { ...headers, ...form }, body })).text();
};

const instanceCredentials = async (): Promise<string> => {
  const role = "arn:aws:iam::111122223333:role/aws:ec2-instance";
  const assume = { Action: "AssumeRole", Version: "2011-06-15", RoleArn: role, RoleSessionName: INSTANCE };
  const authorization = `AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20261122/eu-central-1/sts/aws4_request, SignedHeaders=host, Signature=${"a".repeat(64)}`;
  const xml = await askMoto(new URLSearchParams(assume).toString(), { authorization });
  return JSON.stringify({
    AccessKeyId: element(xml, "AccessKeyId"),
    SecretAccessKey: element(xml, "SecretAccessKey"),
    Token: element(xml, "SessionToken"),
  });
};

const callerIdentity = async (request: IncomingMessage): Promise<string> => {
  const { authorization = "", "x-amz-security-token": token = "" } = request.headers;
  const body = (await request.toArray()).join("");
  const xml = await askMoto(body, { authorization, "x-amz-security-token": String(token) });
  const result = { Account: element(xml, "Account"), Arn: element(xml, "Arn") };
  return JSON.stringify({ GetCallerIdentityResponse: { GetCallerIdentityResult: result } });
};

/** `null`: refused, as by a service that was not asked in its own manner. */
const answer = async (request: IncomingMessage): Promise<string | null> => {
  const { method, headers } = request;
  const { pathname, searchParams } = new URL(request.url ?? "", "http://metadata");
  if (method === "POST" && pathname === "/") return callerIdentity(request);
  if (method === "PUT" && pathname === "/latest/api/token")
    return headers["x-aws-ec2-metadata-token-ttl-seconds"] === undefined ? null : "session";
  const services: Readonly<Record<string, readonly [allowed: boolean, say: () => string | Promise<string>]>> =
    {
      "/latest/meta-data/instance-id": [inSession(headers), () => INSTANCE],
      "/latest/meta-data/placement/region": [inSession(headers), () => "eu-central-1"],
      "/latest/meta-data/identity-credentials/ec2/security-credentials/ec2-instance": [
        inSession(headers),
        instanceCredentials,
      ],
      "/latest/dynamic/instance-identity/rsa2048": [inSession(headers), identityDocument],
      "/computeMetadata/v1/instance/service-accounts/default/identity": [
        headers["metadata-flavor"] === "Google",
        () => googleToken(searchParams.get("audience") ?? ""),
      ],
      "/metadata/instance/compute/vmId": [headers["metadata"] === "true", () => VM],
      "/metadata/attested/document": [
        headers["metadata"] === "true",
        () => attested(searchParams.get("nonce") ?? ""),
      ],
    };
  const [allowed, say] = services[pathname] ?? [false, () => ""];
  return allowed ? say() : null;
};

const inSession = (headers: IncomingMessage["headers"]): boolean =>
  headers["x-aws-ec2-metadata-token"] === "session";

const server = createServer((request, response) => {
  void answer(request).then((text) => response.writeHead(text === null ? 401 : 200).end(text ?? ""));
});
mkdirSync("/var/run/secrets/interlock", { recursive: true });
writeFileSync("/var/run/secrets/interlock/token", podToken(process.env["POD_AUDIENCE"] ?? ""));
server.listen(80, () =>
  console.log(
    JSON.stringify({ google: google.jwk, apiserver: apiserver.jwk, azure: azureCa.pem, region: region.pem }),
  ),
);
process.stdin.resume().on("end", () => process.exit());
