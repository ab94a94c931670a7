import { sha256, toBase64Url } from "../bytes.ts";

/** What a token of ours or of an issuer is for: one cluster of one deployment. `origin` has no trailing slash. */
export const plainAudience = (origin: string, cluster: string): string => `${origin}/v1/clusters/${cluster}`;

/** The audience that names one certification request (its DER) too: whoever steals such a token cannot use it for a key of his own. */
export const csrAudience = async (
  origin: string,
  cluster: string,
  csr: Uint8Array<ArrayBuffer>,
): Promise<string> => `${plainAudience(origin, cluster)}/csr/${toBase64Url(await sha256(csr))}`;
