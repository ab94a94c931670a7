import { equalBytes, toHex } from "../bytes.ts";
import { parseHost } from "../node/host.ts";
import { OID } from "./der/oids.ts";
import type { Bytes } from "./der/reader.ts";
import { formatGeneralName } from "./general-name.ts";
import type { IssuingCa } from "./issuing-ca.ts";
import { viewLeaf, type LeafView } from "./leaf-view.ts";
import { areWithin } from "./name-constraints.ts";
import type { CertificateDraft, CertificateOrder } from "./plan.ts";
import { BACKDATE_SECONDS, CA_SIGNATURES, MAX_COMMON_NAME, MAX_TBS_BYTES } from "./profile.ts";

/** A certificate that breaks the profile is our own bug: a fault, never a refusal, and nothing is signed. */
export class LintFault extends Error {
  override readonly name = "LintFault";
  /** The rule's id. */
  readonly rule: string;
  constructor(rule: string) {
    super(`the certificate to be signed breaks the profile: ${rule}`);
    this.rule = rule;
  }
}

declare const linted: unique symbol;

/** To-be-signed bytes with the CA for which they hold every rule of the profile. Only the linter makes one, so nothing else is signed. */
export interface LintedTbs {
  readonly tbs: Bytes;
  readonly ca: IssuingCa;
  readonly [linted]: true;
}

/** The profile as properties of what was written, each by its id in docs/certificate-profile.md. */
const PROFILE_RULES = Object.entries<(leaf: LeafView, ca: IssuingCa) => boolean>({
  v3: ({ tbs }) => tbs.version === 3,
  "serial-positive": ({ tbs: { serial } }) =>
    (serial[0] ?? 0x80) < 0x80 && serial.length <= 20 && serial.some(Boolean),
  "issuer-bytes": ({ tbs }, ca) => equalBytes(tbs.issuer, ca.subject),
  "aki-equals-ski": ({ authorityKeyIdentifier: id }, ca) => id !== null && equalBytes(id, ca.keyIdentifier),
  "sigalg-allowed": ({ algorithm }, ca) => {
    const expected = CA_SIGNATURES[ca.signature].algorithm;
    return algorithm?.family === expected.family && algorithm.hash === expected.hash;
  },
  subject: ({ commonName, names }) => commonName === null || commonName === names[0]?.value,
  "san-critical": ({ commonName, critical }) => critical.has(OID.subjectAltName) === (commonName === null),
  "san-syntax": ({ names }) =>
    names.length > 0 && names.every((name) => name.type === "ip" || isDnsName(name.value, names)),
  "bc-false": ({ basicConstraints, critical }) =>
    critical.has(OID.basicConstraints) &&
    basicConstraints?.ca === false &&
    basicConstraints.pathLength === null,
  ku: ({ keyUsage, key, critical }) =>
    critical.has(OID.keyUsage) &&
    keyUsage.join() === (key.kind === "rsa" ? "digitalSignature,keyEncipherment" : "digitalSignature"),
  eku: ({ purposes, critical }) =>
    !critical.has(OID.extKeyUsage) && purposes.join() === [OID.serverAuth, OID.clientAuth].join(),
  "ext-allowlist": ({ tbs }) => tbs.extensions.every(({ id }) => LEAF_EXTENSIONS.has(id)),
  "validity-order": ({ tbs }) => tbs.notBefore < tbs.notAfter,
  "within-issuer": ({ tbs }, ca) => tbs.notBefore >= ca.notBefore && tbs.notAfter <= ca.notAfter,
  "name-constraints": ({ names }, ca) => areWithin(names, ca.nameConstraints),
  size: ({ tbs }) => tbs.raw.length <= MAX_TBS_BYTES,
});

/** The plan as what was asked for. */
const PLAN_RULES = Object.entries<
  (leaf: LeafView, plan: CertificateDraft, order: CertificateOrder) => boolean
>({
  "serial-planned": ({ tbs: { serial } }, plan) =>
    toHex(serial[0] === 0 ? serial.subarray(1) : serial) === plan.serial,
  "spki-bytes": ({ tbs }, _, order) => equalBytes(tbs.spki, order.key.spki),
  "subject-host": ({ commonName }, _, { host }) =>
    commonName === (host.length <= MAX_COMMON_NAME ? host : null),
  "san-exact": ({ names }, _, order) =>
    names.map(formatGeneralName).join() === order.names.map(formatGeneralName).join(),
  "validity-planned": ({ tbs }, plan) => tbs.notBefore === plan.notBefore && tbs.notAfter === plan.notAfter,
  "validity-length": ({ tbs }, _, order) => tbs.notAfter - tbs.notBefore + 1 <= order.lifetime,
  backdate: ({ tbs }, _, { now }) => tbs.notBefore <= now && tbs.notBefore >= now - BACKDATE_SECONDS,
});

const LEAF_EXTENSIONS: ReadonlySet<string> = new Set([
  OID.basicConstraints,
  OID.keyUsage,
  OID.extKeyUsage,
  OID.subjectKeyIdentifier,
  OID.authorityKeyIdentifier,
  OID.subjectAltName,
]);

/**
 * Reads to-be-signed bytes again with the strict reader (rule `der`) and
 * holds every rule of the profile against them. Shares nothing with the writer but its constants. Throws {@link LintFault}.
 */
export const lintTbs = async (tbs: Bytes, ca: IssuingCa): Promise<LintedTbs> => lintLeaf(view(tbs), ca);

/**
 * What the ledger recorded, linted: where it is what was planned a moment ago for the same CA, to the byte, that was done then;
 * anything else, such as what a dead process left, is read now. Throws {@link LintFault}.
 */
export const lintRecorded = async (
  tbs: Bytes,
  ca: IssuingCa,
  planned: LintedTbs | null,
): Promise<LintedTbs> =>
  planned !== null && planned.ca === ca && equalBytes(planned.tbs, tbs) ? planned : lintTbs(tbs, ca);

/** Holds a plan against the order that it was made for, and its bytes against the profile. Throws {@link LintFault}. */
export const lintPlan = async (plan: CertificateDraft, order: CertificateOrder): Promise<LintedTbs> => {
  const leaf = view(plan.tbs);
  for (const [rule, holds] of PLAN_RULES) if (!holds(leaf, plan, order)) throw new LintFault(rule);
  return lintLeaf(leaf, order.ca);
};

const lintLeaf = async (leaf: LeafView, ca: IssuingCa): Promise<LintedTbs> => {
  for (const [rule, holds] of PROFILE_RULES) if (!holds(leaf, ca)) throw new LintFault(rule);
  await lintKeyIdentifier(leaf);
  // The brand is the linter's to give, and exists for the compiler alone.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  return { tbs: leaf.tbs.raw, ca } as LintedTbs;
};

const view = (tbs: Bytes): LeafView => {
  const leaf = viewLeaf(tbs);
  if (!leaf.ok) throw new LintFault("der");
  return leaf.value;
};

/** RFC 5280 §4.2.1.2, method 1. */
const lintKeyIdentifier = async ({ key, subjectKeyIdentifier }: LeafView): Promise<void> => {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-1", key.subjectPublicKey));
  if (subjectKeyIdentifier === null || !equalBytes(subjectKeyIdentifier, digest)) throw new LintFault("ski");
};

/** LDH labels in lower case; a wildcard only as the first of several; an address only beside its iPAddress (`erlang.md` §2). */
const isDnsName = (value: string, names: LeafView["names"]): boolean => {
  const host = parseHost(value.startsWith("*.") ? value.slice(2) : value);
  if (host?.kind === "ip") return names.some((name) => name.type === "ip" && name.value === value);
  return host !== null;
};
