import type { IncomingMessage } from "node:http";
import { listen, type Listener } from "./issuer.ts";

/** What the metadata service of a cloud says of a machine; what it leaves out is refused, as on another cloud. */
export interface Statements {
  /** AWS: the signed identity document, in base64. */
  readonly identityDocument?: () => Promise<string>;
  /** AWS: credentials of the instance identity role. */
  readonly roleCredentials?: () => Promise<object>;
  readonly region?: string;
  /** Google: a token for this audience. */
  readonly identityToken?: (audience: string) => string;
  /** Azure: a signed document with this nonce, in base64. */
  readonly attestedDocument?: (nonce: string) => Promise<string>;
}

/** What it does, or something in its place, instead of an answer. */
export type MetadataFault = "refuses" | "shows a page" | "redirects" | "hangs";

/** The metadata services of three clouds at one address, each with its own manners. */
export interface MetadataService extends Listener {
  fault: MetadataFault | null;
}

const PORTAL = "<html><head><title>Sign in to the guest network</title></head></html>\n";

export const startMetadataService = async (statements: Statements): Promise<MetadataService> => {
  const listener = await listen((request, response) => {
    if (service.fault === "hangs") return;
    if (service.fault === "shows a page") return void response.end(PORTAL);
    if (service.fault === "refuses") return void response.writeHead(403).end();
    if (service.fault === "redirects") {
      return void response.writeHead(302, { Location: `${listener.origin}/elsewhere` }).end();
    }
    answer(request, statements)
      .then((body) => response.writeHead(body === null ? 401 : 200).end(body ?? ""))
      .catch(() => response.destroy());
  });
  const service: MetadataService = { ...listener, fault: null };
  return service;
};

/** How the scripts of `infra/evidence` find it, on a machine whose proxy is asked for nothing of its own. */
export const metadataEnvironment = (origin: string): Readonly<Record<string, string>> => ({
  AWS_EC2_METADATA_SERVICE_ENDPOINT: origin,
  GCE_METADATA_HOST: new URL(origin).host,
  INTERLOCK_AZURE_METADATA: origin,
});

const AWS = "/latest";
const SESSION = "a-session-of-IMDSv2==";

/** The body of the answer; `null` where the asker lacks manners, or there is nothing to say. */
const answer = async (
  { method, url = "", headers }: IncomingMessage,
  statements: Statements,
): Promise<string | null> => {
  const { pathname, searchParams } = new URL(url, "http://metadata");
  if (pathname === `${AWS}/api/token`) {
    return method === "PUT" && headers["x-aws-ec2-metadata-token-ttl-seconds"] === "60" ? SESSION : null;
  }
  if (pathname.startsWith(AWS)) {
    return headers["x-aws-ec2-metadata-token"] === SESSION
      ? ofAws(pathname.slice(AWS.length), statements)
      : null;
  }
  if (pathname === "/metadata/attested/document" && headers["metadata"] === "true") {
    const signature = await statements.attestedDocument?.(searchParams.get("nonce") ?? "");
    return signature === undefined ? null : JSON.stringify({ encoding: "pkcs7", signature });
  }
  if (pathname === "/computeMetadata/v1/instance/service-accounts/default/identity") {
    const polite = headers["metadata-flavor"] === "Google" && searchParams.get("format") === "full";
    return polite ? (statements.identityToken?.(searchParams.get("audience") ?? "") ?? null) : null;
  }
  return null;
};

const ofAws = async (path: string, statements: Statements): Promise<string | null> => {
  switch (path) {
    case "/dynamic/instance-identity/rsa2048":
      // In lines, as the service sends it.
      return (await statements.identityDocument?.())?.replaceAll(/(.{64})/g, "$1\n") ?? null;
    case "/meta-data/placement/region":
      return statements.region ?? null;
    case "/meta-data/identity-credentials/ec2/security-credentials/ec2-instance":
      return statements.roleCredentials === undefined
        ? null
        : JSON.stringify(await statements.roleCredentials());
    default:
      return null;
  }
};
