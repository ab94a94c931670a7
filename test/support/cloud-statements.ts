import { readFileSync } from "node:fs";
import { issueToken, type IssuerKey } from "./issuer.ts";
import { sharedDir } from "./shared.ts";
import { signMessage } from "./signed-message.ts";

/** What clouds sign for a machine, made with the tests' own keys. */
const iid = (name: string): string => readFileSync(`${sharedDir ?? ""}/data/iid/${name}`, "utf8");

/** Who signs the identity documents, as a definition pins it. */
export const documentPin = (): { readonly region: string; readonly certificate: string } => ({
  region: "us-east-1",
  certificate: iid("signer-us-east-1.pem"),
});

/** The identity document of an instance that started a minute ago, in base64. */
export const identityDocument = (changes: object): Promise<string> =>
  signMessage({
    content: JSON.stringify({
      ...(JSON.parse(iid("good/document")) as object),
      region: "us-east-1",
      pendingTime: new Date(Date.now() - 60_000).toISOString().replace(/\.\d+Z/, "Z"),
      ...changes,
    }),
    certificate: iid("signer-us-east-1.pem"),
    privateKey: iid("signer-us-east-1.key.pem"),
  });

export const tenMinutes = (): { iat: number; nbf: number; exp: number } => {
  const now = Math.floor(Date.now() / 1000);
  return { iat: now, nbf: now, exp: now + 600 };
};

/** The identity token of an instance `mq-1`, as the metadata server makes it with `format=full`. */
export const googleToken = (key: IssuerKey, audience: string): string =>
  issueToken(key, {
    ...tenMinutes(),
    aud: audience,
    iss: "https://accounts.google.com",
    sub: "112233",
    email_verified: true,
    google: {
      compute_engine: {
        project_id: "rabbit-prod",
        project_number: 1,
        zone: "europe-west3-a",
        instance_id: "7700",
        instance_name: "mq-1",
      },
    },
  });
