import { equalBytes } from "../bytes.ts";
import { fillNodeTemplate } from "../node/node-template.ts";
import { isSigner } from "../pki/cms/signer-info.ts";
import { readSignedData, verifySignedData, type SignedData } from "../pki/cms/signed-data.ts";
import { acceptPublicKey } from "../pki/key-policy.ts";
import { joinBase64 } from "../pki/pem.ts";
import { refuse, type Refusal } from "../refusal.ts";
import { ok, type Result } from "../result.ts";
import type { Authenticator } from "./authenticator.ts";
import { ec2Subject } from "./aws-arn.ts";
import { readInstanceDocument, templateValues, type InstanceDocument } from "./aws-iid/document.ts";
import type { IidTrust, RegionPin } from "./bootstrap.ts";
import { INVALID_CREDENTIAL } from "./credential.ts";
import { valueAt } from "./json-pointer.ts";
import type { Principal } from "./principal.ts";

/** A document is 500 bytes and its signature 300. */
const MAX_BYTES = 4096;
const CLOCK_LEEWAY_SECONDS = 60;
/** What an instance bound is remembered for good: its document never ends either (9999-12-31). */
const FOR_EVER = 253_402_300_799;

/**
 * EC2 instance identity documents, in their RSA-2048 form. Anything on the instance can read its document, and it never ends: so it may
 * bind a key only shortly after the instance's start, and the first use is the only one.
 */
export const instanceDocuments: Authenticator = {
  authenticate: async (credential, { cluster, now }) => {
    const trust = cluster.bootstrap["aws-iid"];
    if (credential.scheme !== "evidence" || credential.evidence.method !== "aws-iid" || trust === null)
      return null;
    const signed = readEvidence(credential.evidence.pkcs7);
    const pin = signed === null ? null : signerPin(signed, trust);
    if (signed === null || pin === null || !(await holds(signed, pin))) return invalid(INVALID_CREDENTIAL);
    const document = readInstanceDocument(signed.content);
    if (document === null)
      return invalid(
        "the signed document lacks accountId, region, instanceId, pendingTime or privateIp as text",
      );
    return principalOf(document, pin, trust, now);
  },
};

const readEvidence = (pkcs7: string): SignedData | null => {
  const bytes = pkcs7.length > 2 * MAX_BYTES ? null : joinBase64(pkcs7);
  const signed = bytes === null || bytes.length > MAX_BYTES ? null : readSignedData(bytes);
  return signed?.ok === true ? signed.value : null;
};

/** The pin that the signer names by issuer and serial. A certificate inside of the message makes nobody a signer. */
const signerPin = ({ signer, certificates }: SignedData, { pins }: IidTrust): RegionPin | null => {
  const pin =
    signer.identifier.kind === "issuer-and-serial"
      ? pins.find(({ certificate }) => isSigner(signer.identifier, certificate))
      : undefined;
  // The real documents carry no certificate. The pin itself does no harm; any other is there to be believed by somebody.
  return pin !== undefined && certificates.every((der) => equalBytes(der, pin.certificate.der)) ? pin : null;
};

const holds = async (signed: SignedData, { certificate }: RegionPin): Promise<boolean> => {
  const { family, hash } = signed.signer.algorithm;
  const key = family === "rsa" && hash === "SHA-256" ? acceptPublicKey(certificate.tbs.spki) : null;
  return key?.ok === true && (await verifySignedData(signed, key.value)).ok;
};

const principalOf = (
  document: InstanceDocument,
  pin: RegionPin,
  trust: IidTrust,
  now: number,
): Result<Principal, Refusal> => {
  const defect = documentDefect(document, pin, trust, now);
  if (defect !== null) return invalid(defect);
  const node = fillNodeTemplate(trust.node, (pointer) => valueAt(templateValues(document), pointer));
  if (node === null) return invalid("the document's values do not make a node name");
  const subject = ec2Subject(document);
  return ok({
    kind: "aws-iid",
    id: subject,
    nodes: { exact: node.text },
    subject,
    binding: { kind: "first-use", statedAt: document.pendingTime, mayRebind: trust.rebindAfterRestart },
    uses: 1,
    expiresAt: FOR_EVER,
    expired: now - document.pendingTime > trust.maxInstanceAge + CLOCK_LEEWAY_SECONDS,
    pin: null,
  });
};

const documentDefect = (
  { account, region, pendingTime }: InstanceDocument,
  pin: RegionPin,
  { accounts, regions }: IidTrust,
  now: number,
): string | null => {
  if (region !== pin.region) return "the document is of another region than its signer";
  if (regions !== null && !regions.includes(region))
    return "the region is not one that the cluster's definition lists";
  if (!accounts.includes(account)) return "the account is not one that the cluster's definition lists";
  return pendingTime > now + CLOCK_LEEWAY_SECONDS
    ? "the document's pendingTime is in the future; compare the clocks"
    : null;
};

const invalid = (detail: string): Result<never, Refusal> => refuse({ code: "credential-invalid", detail });
