import { isRegion } from "../aws-arn.ts";
import type { EvidenceOf } from "../evidence.ts";

/**
 * A `GetCallerIdentity` call, rebuilt from its parts: of the caller come the signature and what it covers, and nothing else. Host, path,
 * method and body are ours (Vault's CVE-2020-16250 believed the caller's).
 */
export interface SignedRequest {
  readonly url: string;
  readonly init: {
    readonly method: "POST";
    readonly headers: Readonly<Record<string, string>>;
    readonly body: string;
  };
}

type StsEvidence = EvidenceOf<"aws-sts">;

const BODY = "Action=GetCallerIdentity&Version=2011-06-15";
const MAX_AGE_SECONDS = 300;
const AUTHORIZATION =
  /^AWS4-HMAC-SHA256 Credential=([A-Z0-9]{16,128})\/([0-9]{8})\/([a-z0-9-]{1,32})\/sts\/aws4_request, ?SignedHeaders=([a-z0-9;-]{1,256}), ?Signature=[0-9a-f]{64}$/;
const AMZ_DATE = /^([0-9]{4})([0-9]{2})([0-9]{2})T([0-9]{2})([0-9]{2})([0-9]{2})Z$/;

/** What AWS's answer must have been signed for. */
export interface Demand {
  readonly regions: readonly string[];
  readonly audience: string;
  /** Lower-case hex SHA-256 of the CSR's DER. */
  readonly csrSha256: string;
  readonly now: number;
}

/** The first thing that the signature does not cover or that is not as demanded, or `null`. Nothing has been asked of AWS yet. */
export const requestDefect = ({ region, headers }: StsEvidence, demand: Demand): string | null => {
  if (!isRegion(region) || !demand.regions.includes(region))
    return "the region is not one that the cluster's definition lists";
  const [, , date, scope, signed = ""] = AUTHORIZATION.exec(headers.authorization) ?? [];
  if (date === undefined) return "authorization is not a Signature Version 4 for the service sts";
  if (scope !== region) return "the signature's scope is another region";
  const at = secondsOf(headers["x-amz-date"]);
  if (at === null || !headers["x-amz-date"].startsWith(date))
    return "x-amz-date is no date, or not the date of the scope";
  if (Math.abs(demand.now - at) > MAX_AGE_SECONDS)
    return "the request was signed more than five minutes from now; compare the clocks, and sign again";
  if (
    !sameNames(signed.split(";"), [
      "host",
      ...Object.keys(headers).filter((name) => name !== "authorization"),
    ])
  )
    return "the signature does not cover exactly host, x-amz-date, x-interlock-audience, x-interlock-csr-sha256 and, where it is sent, x-amz-security-token";
  if (headers["x-interlock-audience"] !== demand.audience)
    return "x-interlock-audience is not this API's address of this cluster";
  if (headers["x-interlock-csr-sha256"] !== demand.csrSha256)
    return "x-interlock-csr-sha256 is not the digest of this CSR";
  return null;
};

/** `endpoint` is the operator's (an emulator, a private endpoint); `null`: AWS's own of the region. The caller's region is one of the definition's. */
export const rebuildRequest = ({ region, headers }: StsEvidence, endpoint: string | null): SignedRequest => {
  const { "x-amz-security-token": session, ...signed } = headers;
  return {
    url: endpoint ?? `https://${stsHost(region)}/`,
    init: {
      method: "POST",
      headers: {
        ...signed,
        ...(session === undefined ? {} : { "x-amz-security-token": session }),
        "content-type": "application/x-www-form-urlencoded",
        accept: "application/json",
      },
      body: BODY,
    },
  };
};

const stsHost = (region: string): string =>
  `sts.${region}.amazonaws.com${region.startsWith("cn-") ? ".cn" : ""}`;

const sameNames = (signed: readonly string[], demanded: readonly string[]): boolean =>
  signed.length === demanded.length && demanded.every((name) => signed.includes(name));

/** `20261122T140000Z` in epoch seconds; `null` for what is no such time. */
const secondsOf = (text: string): number | null => {
  const [, year, month, day, hour, minute, second] = AMZ_DATE.exec(text) ?? [];
  const milliseconds = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  return Number.isNaN(milliseconds) ? null : milliseconds / 1000;
};
