import { listen, type Listener } from "./issuer.ts";

/** The account that the roles of a test are in. */
export const ACCOUNT = "111122223333";

/** Credentials of a role, as the environment of a machine has them. */
export interface Credentials {
  readonly AWS_ACCESS_KEY_ID: string;
  readonly AWS_SECRET_ACCESS_KEY: string;
  readonly AWS_SESSION_TOKEN: string;
}

/** Has `moto_server` at this address give a session of a role: of `aws:ec2-instance`, it is what an instance has by itself. */
export const assumeRole = async (
  endpoint: string,
  role: string,
  session: string,
  account = ACCOUNT,
): Promise<Credentials> => {
  const reply = await fetch(endpoint, {
    method: "POST",
    headers: {
      Authorization: `AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20261122/us-east-1/sts/aws4_request, SignedHeaders=host, Signature=${"a".repeat(64)}`,
      "Content-Type": FORM,
    },
    body: new URLSearchParams({
      Action: "AssumeRole",
      Version: "2011-06-15",
      RoleArn: `arn:aws:iam::${account}:role/${role}`,
      RoleSessionName: session,
    }),
  });
  const xml = await reply.text();
  return {
    AWS_ACCESS_KEY_ID: element(xml, "AccessKeyId"),
    AWS_SECRET_ACCESS_KEY: element(xml, "SecretAccessKey"),
    AWS_SESSION_TOKEN: element(xml, "SessionToken"),
  };
};

/** moto answers in XML alone; STS answers in JSON when it is asked to, as it is here. */
export const speakJson = (endpoint: string): Promise<Listener> =>
  listen((request, response) => {
    const { authorization = "", "x-amz-security-token": token = "" } = request.headers;
    const ask = async (body: string): Promise<void> => {
      const headers = { authorization, "x-amz-security-token": String(token), "content-type": FORM };
      const reply = await fetch(endpoint, { method: "POST", headers, body });
      const xml = await reply.text();
      const result = { Account: element(xml, "Account"), Arn: element(xml, "Arn") };
      response
        .writeHead(reply.status, { "Content-Type": "application/json" })
        .end(JSON.stringify({ GetCallerIdentityResponse: { GetCallerIdentityResult: result } }));
    };
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => void ask(Buffer.concat(chunks).toString()));
  });

const FORM = "application/x-www-form-urlencoded";

const element = (xml: string, name: string): string =>
  new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1] ?? "";
