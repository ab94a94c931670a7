import { describe, expect, test } from "vitest";
import { utf8 } from "../../src/bytes.ts";
import { OID } from "../../src/pki/der/oids.ts";
import { decode, type Bytes } from "../../src/pki/der/reader.ts";
import {
  booleanTrue,
  element,
  explicit,
  implicit,
  namedBits,
  nullValue,
  octetString,
  oid,
  sequence,
  setOf,
  smallInteger,
  time,
  utf8String,
} from "../../src/pki/der/writer.ts";
import type { IssuingCa } from "../../src/pki/issuing-ca.ts";
import { LintFault, lintPlan, lintTbs } from "../../src/pki/lint.ts";
import type { CertificateOrder, CertificatePlan } from "../../src/pki/plan.ts";
import { makeIssuingCa, NOW } from "./support/authority.ts";
import { DAY, dns, ip, makeOrder, makePlan, makeVerifiedKey } from "./support/order.ts";
import { commonName, HOST, requestedExtension as extension } from "./support/request.ts";

const ca = await makeIssuingCa();
const order = await makeOrder(ca);
const plan = await makePlan(order);
const otherKey = await makeVerifiedKey();

/** The fields of a TBSCertificate, by position. */
const FIELD = {
  version: 0,
  serial: 1,
  signature: 2,
  issuer: 3,
  validity: 4,
  subject: 5,
  spki: 6,
  extensions: 7,
} as const;

const withField = (field: keyof typeof FIELD, value: Bytes): Bytes =>
  sequence(...decode(plan.tbs).children.map(({ raw }, i) => (i === FIELD[field] ? value : raw)));

const extensionList = (): readonly Bytes[] =>
  decode(plan.tbs).children[FIELD.extensions]?.children[0]?.children.map(({ raw }) => raw) ?? [];

/** The plan with one extension exchanged, left out (`null`) or added. */
const withExtension = (id: string, value: Bytes | null): Bytes => {
  const others = extensionList().filter((raw) => !Buffer.from(raw).includes(Buffer.from(oid(id))));
  return withField("extensions", explicit(3, sequence(...others, ...(value === null ? [] : [value]))));
};

const names = (...encoded: readonly Bytes[]): Bytes =>
  withExtension(OID.subjectAltName, extension(OID.subjectAltName, sequence(...encoded)));
const dnsName = (text: string): Bytes => element(0x82, utf8(text));

const keyUsage = (bits: Bytes): Buffer => Buffer.from(extension(OID.keyUsage, bits, true));

const ruleOf = async (linting: Promise<unknown>): Promise<string> => {
  try {
    await linting;
    return "clean";
  } catch (error) {
    if (error instanceof LintFault) return error.rule;
    throw error;
  }
};

const validity = (notBefore: number, notAfter: number): Bytes =>
  withField("validity", sequence(time(notBefore), time(notAfter)));
const serial = (...octets: readonly number[]): Bytes =>
  withField("serial", element(0x02, Uint8Array.from(octets)));

test("a plan of ours is clean", async () => {
  expect(await ruleOf(lintTbs(plan.tbs, ca))).toBe("clean");
  expect(await ruleOf(lintPlan(plan, order))).toBe("clean");
});

describe("rules on the to-be-signed bytes", () => {
  test.each<[rule: string, defect: string, tbs: Bytes]>([
    ["der", "bytes after it", Uint8Array.of(...plan.tbs, 0)],
    ["der", "cut off", plan.tbs.subarray(0, -1)],
    [
      "der",
      "an issuer unique identifier",
      sequence(
        ...decode(plan.tbs).children.flatMap(({ raw }, i) =>
          i === 7 ? [implicit(1, Uint8Array.of(0)), raw] : [raw],
        ),
      ),
    ],
    [
      "der",
      "GeneralizedTime before 2050",
      withField("validity", sequence(element(0x18, utf8("20261122115500Z")), time(NOW))),
    ],
    [
      "der",
      "ext-once: an extension twice",
      withField("extensions", explicit(3, sequence(...extensionList(), ...extensionList().slice(0, 1)))),
    ],
    [
      "der",
      "a subject with two attributes",
      withField(
        "subject",
        sequence(
          setOf(sequence(oid(OID.commonName), utf8String(HOST))),
          setOf(sequence(oid("2.5.4.10"), utf8String("Example"))),
        ),
      ),
    ],
    [
      "der",
      "a subject with something else than a CN",
      withField("subject", sequence(setOf(sequence(oid("2.5.4.10"), utf8String(HOST))))),
    ],
    ["der", "a name of another kind", names(element(0x86, utf8(HOST)))],
    ["der", "an address of five octets", names(dnsName(HOST), element(0x87, new Uint8Array(5)))],
    [
      "der",
      "a key of an unknown algorithm",
      withField("spki", sequence(sequence(oid("1.3.101.110")), Uint8Array.of(3, 1, 0))),
    ],
    ["v3", "version 2", withField("version", explicit(0, smallInteger(1)))],
    ["serial-positive", "zero", serial(0)],
    ["serial-positive", "negative", serial(0x80)],
    ["serial-positive", "21 octets", serial(...Array<number>(21).fill(1))],
    ["issuer-bytes", "another string type", withField("issuer", commonName("Test intermediate"))],
    ["aki-equals-ski", "absent", withExtension(OID.authorityKeyIdentifier, null)],
    [
      "aki-equals-ski",
      "another key's",
      withExtension(
        OID.authorityKeyIdentifier,
        extension(OID.authorityKeyIdentifier, sequence(implicit(0, new Uint8Array(20)))),
      ),
    ],
    ["ski", "absent", withExtension(OID.subjectKeyIdentifier, null)],
    [
      "ski",
      "not derived from the key",
      withExtension(
        OID.subjectKeyIdentifier,
        extension(OID.subjectKeyIdentifier, octetString(new Uint8Array(20))),
      ),
    ],
    ["sigalg-allowed", "SHA-1", withField("signature", sequence(oid("1.2.840.10045.4.1")))],
    ["sigalg-allowed", "not the CA key's", withField("signature", sequence(oid(OID.ecdsaWithSha384)))],
    ["subject", "another CN", withField("subject", commonName("node-02.nodes.example.internal"))],
    ["san-critical", "an empty subject with an ordinary SAN", withField("subject", sequence())],
    [
      "san-critical",
      "a critical SAN beside a CN",
      withExtension(OID.subjectAltName, extension(OID.subjectAltName, sequence(dnsName(HOST)), true)),
    ],
    ["subject", "no SAN at all", withExtension(OID.subjectAltName, null)],
    ["san-syntax", "upper case", names(dnsName(HOST), dnsName("Node-01"))],
    ["san-syntax", "a label of 64", names(dnsName(HOST), dnsName("a".repeat(64)))],
    ["san-syntax", "a trailing dot", names(dnsName(HOST), dnsName("a."))],
    ["san-syntax", "a NUL", names(dnsName(HOST), dnsName("a\0b"))],
    ["san-syntax", "a bare star", names(dnsName(HOST), dnsName("*"))],
    ["bc-false", "absent", withExtension(OID.basicConstraints, null)],
    [
      "bc-false",
      "not critical",
      withExtension(OID.basicConstraints, extension(OID.basicConstraints, sequence())),
    ],
    [
      "bc-false",
      "CA:TRUE",
      withExtension(OID.basicConstraints, extension(OID.basicConstraints, sequence(booleanTrue()), true)),
    ],
    [
      "bc-false",
      "a path length",
      withExtension(OID.basicConstraints, extension(OID.basicConstraints, sequence(smallInteger(0)), true)),
    ],
    ["ku", "absent", withExtension(OID.keyUsage, null)],
    ["ku", "not critical", withExtension(OID.keyUsage, extension(OID.keyUsage, namedBits(0)))],
    [
      "ku",
      "keyEncipherment for an EC key",
      withExtension(OID.keyUsage, extension(OID.keyUsage, namedBits(0, 2), true)),
    ],
    ["ku", "keyCertSign", withExtension(OID.keyUsage, extension(OID.keyUsage, namedBits(0, 5), true))],
    ["eku", "absent", withExtension(OID.extKeyUsage, null)],
    [
      "eku",
      "serverAuth alone",
      withExtension(OID.extKeyUsage, extension(OID.extKeyUsage, sequence(oid(OID.serverAuth)))),
    ],
    [
      "eku",
      "a third purpose",
      withExtension(
        OID.extKeyUsage,
        extension(
          OID.extKeyUsage,
          sequence(oid(OID.serverAuth), oid(OID.clientAuth), oid("1.3.6.1.5.5.7.3.3")),
        ),
      ),
    ],
    [
      "ext-allowlist",
      "an extension outside the profile",
      withExtension("2.5.29.54", extension("2.5.29.54", nullValue())),
    ],
    ["validity-order", "an end before the beginning", validity(NOW, NOW - 1)],
    ["validity-order", "an end at the beginning", validity(NOW, NOW)],
    ["within-issuer", "an end after the CA's", validity(NOW, ca.notAfter + 1)],
    ["within-issuer", "a beginning before the CA's", validity(ca.notBefore - 1, NOW)],
    [
      "size",
      "17 long names",
      names(
        dnsName(HOST),
        ...Array.from({ length: 40 }, (_, i) =>
          dnsName(`${"a".repeat(61)}${String(i + 10)}.${"b".repeat(63)}.${"c".repeat(63)}.${"d".repeat(50)}`),
        ),
      ),
    ],
  ])("%s: %s", async (rule, _, tbs) => {
    expect(await ruleOf(lintTbs(tbs, ca))).toBe(rule);
  });

  test("name-constraints: a name outside", async () => {
    const constrained: IssuingCa = { ...ca, nameConstraints: { permitted: ["other.example"], excluded: [] } };
    expect(await ruleOf(lintTbs(plan.tbs, constrained))).toBe("name-constraints");
  });

  test("ku: an RSA key without keyEncipherment", async () => {
    const { tbs } = await makePlan({ ...order, key: await makeVerifiedKey("RSA") });
    const at = Buffer.from(tbs).indexOf(keyUsage(namedBits(0, 2)));
    expect(at).toBeGreaterThan(0);
    const changed = Uint8Array.from(tbs);
    changed.set(keyUsage(namedBits(0)), at);
    expect(await ruleOf(lintTbs(changed, ca))).toBe("ku");
  });
});

describe("rules on a plan and its order", () => {
  test.each<[rule: string, defect: string, plan: Partial<CertificatePlan>, order: Partial<CertificateOrder>]>(
    [
      ["serial-planned", "the ledger would record another serial", { serial: "00".repeat(17) }, {}],
      ["spki-bytes", "another key than was proved", {}, { key: otherKey }],
      ["subject-host", "another host", {}, { host: "node-02.nodes.example.internal" }],
      ["san-exact", "a name missing", {}, { names: [dns(HOST), dns("node-01")] }],
      ["san-exact", "a name of another kind", {}, { names: [ip("10.0.0.1")] }],
      ["validity-planned", "the ledger would record other dates", { notAfter: plan.notAfter + 1 }, {}],
      ["validity-length", "a second too long", {}, { lifetime: DAY - 1 }],
      ["backdate", "more than five minutes ago", {}, { now: NOW + 1 }],
      ["backdate", "in the future", {}, { now: plan.notBefore - 1 }],
    ],
  )("%s: %s", async (rule, _, planChange, orderChange) => {
    expect(await ruleOf(lintPlan({ ...plan, ...planChange }, { ...order, ...orderChange }))).toBe(rule);
  });

  test("subject-host: a short host that is missing from the subject", async () => {
    const san = extension(OID.subjectAltName, sequence(dnsName(HOST)), true);
    const list = decode(withExtension(OID.subjectAltName, san)).children.map(({ raw }, i) =>
      i === FIELD.subject ? sequence() : raw,
    );
    expect(await ruleOf(lintPlan({ ...plan, tbs: sequence(...list) }, order))).toBe("subject-host");
  });
});

test("every single bit of a plan matters, or changes what it says", async () => {
  const outcomes = new Set<string>();
  for (let bit = 0; bit < plan.tbs.length * 8; bit++) {
    const changed = plan.tbs.map((octet, i) => (i === bit >> 3 ? octet ^ (1 << (bit & 7)) : octet));
    const rule = await ruleOf(lintPlan({ ...plan, tbs: changed }, order));
    expect(rule, `bit ${bit}`).not.toBe("clean");
    outcomes.add(rule);
  }
  expect(outcomes.size).toBeGreaterThan(10);
});

test("the message names the rule and nothing of the certificate", () => {
  expect(new LintFault("ku").message).toBe("the certificate to be signed breaks the profile: ku");
});
