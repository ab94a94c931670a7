import { equalBytes, sha256 } from "../bytes.ts";
import { parseHost } from "../node/host.ts";
import { fillNodeTemplate } from "../node/node-template.ts";
import { verifySignedBy, type Certificate } from "../pki/certificate.ts";
import {
  readSignedContent,
  signerCertificate,
  verifySignedData,
  type SignedContent,
} from "../pki/cms/signed-data.ts";
import { dnsNames } from "../pki/dns-names.ts";
import { acceptPublicKey } from "../pki/key-policy.ts";
import { joinBase64 } from "../pki/pem.ts";
import { refuse, type Refusal } from "../refusal.ts";
import { ok, type Result } from "../result.ts";
import type { AuthenticationContext, Authenticator } from "./authenticator.ts";
import { nonceOf, readAttestedDocument, type AttestedDocument } from "./azure-imds/document.ts";
import type { AzureTrust } from "./bootstrap.ts";
import { INVALID_CREDENTIAL } from "./credential.ts";
import { valueAt } from "./json-pointer.ts";
import type { Principal } from "./principal.ts";

/** A document with its signer's certificate and an intermediate. */
const MAX_BYTES = 16 * 1024;
const SIGNER_HOST = ["metadata", "azure", "com"];

/**
 * Azure attested documents. The node chooses the nonce, and ours is the digest of its CSR: a document that was read from the metadata
 * service for one key says nothing of another.
 */
export const attestedDocuments: Authenticator = {
  authenticate: async (credential, context) => {
    const trust = context.cluster.bootstrap["azure-imds"];
    if (credential.scheme !== "evidence" || credential.evidence.method !== "azure-imds" || trust === null)
      return null;
    const signed = readEvidence(credential.evidence.signature);
    if (signed === null || !(await holds(signed, trust, context.now))) return invalid(INVALID_CREDENTIAL);
    const document = readAttestedDocument(signed.content);
    if (document === null)
      return invalid("the signed document lacks nonce, subscriptionId, vmId or timeStamp.expiresOn");
    return principalOf(document, trust, context);
  },
};

/** The real documents have no signed attributes: the signature is over the JSON itself. */
const readEvidence = (signature: string): SignedContent | null => {
  const bytes = signature.length > 2 * MAX_BYTES ? null : joinBase64(signature);
  const signed = bytes === null || bytes.length > MAX_BYTES ? null : readSignedContent(bytes);
  return signed?.ok === true ? signed.value : null;
};

/** The certificate that counts is the one whose key signed, wherever it stands in the bag: not the first, and not one that is merely there. */
const holds = async (signed: SignedContent, { pins }: AzureTrust, now: number): Promise<boolean> => {
  const signer = signerCertificate(signed);
  if (!signer.ok || !isCurrent(signer.value, now)) return false;
  const { tbs } = signer.value;
  const key = acceptPublicKey(tbs.spki);
  if (!key.ok || !dnsNames(tbs).some(isMetadataHost)) return false;
  const issuers = pins.filter((pin) => isCurrent(pin, now) && equalBytes(pin.tbs.subject, tbs.issuer));
  const issued = await Promise.all(issuers.map((pin) => isIssuedBy(signer.value, pin)));
  return issued.includes(true) && (await verifySignedData(signed, key.value)).ok;
};

const isCurrent = ({ tbs }: Certificate, now: number): boolean => tbs.notBefore <= now && now <= tbs.notAfter;

const isIssuedBy = async (certificate: Certificate, pin: Certificate): Promise<boolean> => {
  const key = acceptPublicKey(pin.tbs.spki);
  return key.ok && verifySignedBy(certificate, key.value);
};

/** Whole labels of a host name: a suffix of the text is not one, and no NUL hides what stands before it. */
const isMetadataHost = (name: string): boolean => {
  const host = parseHost(name.startsWith("*.") ? name.slice(2) : name);
  return host?.kind === "name" && host.labels.slice(-SIGNER_HOST.length).join(".") === SIGNER_HOST.join(".");
};

const principalOf = async (
  document: AttestedDocument,
  { subscriptions, node: template }: AzureTrust,
  { csr, now }: AuthenticationContext,
): Promise<Result<Principal, Refusal>> => {
  if (document.nonce !== nonceOf(await sha256(csr)))
    return invalid(
      "the document's nonce is not the digest of this CSR: the first 32 characters of base32(SHA-256(DER))",
    );
  if (!subscriptions.includes(document.subscriptionId))
    return invalid("the subscription is not one that the cluster's definition lists");
  if (document.expiresOn <= now)
    return refuse({
      code: "credential-expired",
      detail: "the attested document has expired; ask for a new one",
    });
  const node = fillNodeTemplate(template, (pointer) => valueAt(document.members, pointer));
  if (node === null) return invalid("the document's values do not make a node name");
  const subject = `azure:${document.subscriptionId}:${document.vmId}`;
  return ok({
    kind: "azure-imds",
    id: subject,
    nodes: { exact: node.text },
    subject,
    binding: { kind: "csr" },
    uses: 1,
    expiresAt: document.expiresOn,
    expired: false,
    pin: null,
  });
};

const invalid = (detail: string): Result<never, Refusal> => refuse({ code: "credential-invalid", detail });
