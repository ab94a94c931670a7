import { describe, expect, test } from "vitest";
import { sha256Hex, utf8 } from "../../src/bytes.ts";
import { OID } from "../../src/pki/der/oids.ts";
import type { Bytes } from "../../src/pki/der/reader.ts";
import {
  booleanTrue,
  element,
  explicit,
  namedBits,
  nullValue,
  oid,
  sequence,
  smallInteger,
} from "../../src/pki/der/writer.ts";
import { loadIssuingCa, type CaMaterial } from "../../src/pki/load-issuing-ca.ts";
import { readPem, writePem } from "../../src/pki/pem.ts";
import {
  makeAuthority,
  makeIssuingCa,
  makeMaterial,
  NOW,
  privateKeyPem,
  type Authority,
  type AuthorityParts,
} from "./support/authority.ts";
import { caSets, describeCorpus, readCaFile, rootPem, type CaSet } from "./support/corpus.ts";
import { commonName, requestedExtension } from "./support/request.ts";
import { makeKeyPair } from "./support/web-crypto.ts";

const reasonOf = async (material: CaMaterial, now = NOW): Promise<string> => {
  const ca = await loadIssuingCa(material, now);
  return ca.ok ? "loaded" : ca.error.reason;
};

const reasonOn = async (parts: AuthorityParts): Promise<string> => reasonOf(await makeMaterial(parts));

/** Good material with one part exchanged. */
const changed = async (change: Partial<CaMaterial>): Promise<string> =>
  reasonOf({ ...(await makeMaterial()), ...change });

const setMaterial = ({ id }: CaSet): CaMaterial => ({
  certificate: readCaFile(id, "chain.pem"),
  privateKey: readCaFile(id, "key.pem"),
  trustBundle: rootPem(),
});

const keyLines = ({ id }: CaSet): readonly string[] =>
  readCaFile(id, "key.pem")
    .split(/\\n|\n/)
    .filter((line) => /^[A-Za-z0-9+/=]{8,}$/.test(line));

const crlf = (pem: string): string => `\r\n${pem.replaceAll("\n", " \r\n")}\r\n`;

const pathLength = (length: number): AuthorityParts => ({
  extensions: {
    [OID.basicConstraints]: requestedExtension(
      OID.basicConstraints,
      sequence(booleanTrue(), smallInteger(length)),
      true,
    ),
  },
});

describeCorpus("the CA sets", () => {
  /** Where a set leaves the choice to the service. */
  const ourReason: Readonly<Record<string, string>> = {
    "key-sec1-with-params": "loaded",
    "self-signed-root": "chain",
  };

  test.each(caSets)("$id: $what ($expected)", async (set) => {
    const expected = ourReason[set.id] ?? (set.expected === "issue" ? "loaded" : set.reason);
    const constrained = set.expected === "issue-within-constraint-only";
    expect(await reasonOf(setMaterial(set))).toBe(constrained ? "loaded" : expected);
  });

  test.each(caSets.filter((set) => set.subject_der_sha256 !== undefined))(
    "$id: the subject is the certificate's, byte for byte",
    async (set) => {
      const ca = await loadIssuingCa(setMaterial(set), NOW);
      expect(ca.ok && (await sha256Hex(ca.value.subject))).toBe(set.subject_der_sha256);
    },
  );

  test("no defect quotes a key", async () => {
    for (const set of caSets) {
      const ca = await loadIssuingCa(setMaterial(set), NOW);
      if (ca.ok) continue;
      for (const line of keyLines(set)) expect(ca.error.detail).not.toContain(line);
    }
  });
});

describe("an issuing CA", () => {
  test.each([
    ["P-256", "ec-p256", "ecdsa-p256-sha256"],
    ["P-384", "ec-p384", "ecdsa-p384-sha384"],
    ["RSA", "rsa-2048", "rsa-sha256"],
    ["Ed25519", "ed25519", "ed25519"],
  ] as const)("with a %s key loads", async (algorithm, keyType, signature) => {
    const ca = await makeIssuingCa({ algorithm });
    expect(ca).toMatchObject({ keyType, signature, notAfter: NOW + 365 * 86_400 });
    expect(ca.signingKey.extractable).toBe(false);
    expect(ca.signingKey.usages).toEqual(["sign"]);
  });

  test("leaves a trusted root at the end of its chain out, and writes both bundles clean", async () => {
    const root = await makeAuthority();
    const issuing = await makeAuthority({ issuer: root });
    const ca = await loadIssuingCa(
      {
        certificate: crlf(issuing.pem) + crlf(root.pem),
        privateKey: await privateKeyPem(issuing),
        trustBundle: crlf(root.pem),
      },
      NOW,
    );
    expect(ca).toMatchObject({ ok: true, value: { chainPem: issuing.pem, trustBundlePem: root.pem } });
  });

  test("follows further intermediates and ends when the first of its chain ends", async () => {
    const [chain, root] = await makeChain({ notAfter: NOW + 7_200 });
    const ca = await loadIssuingCa(await materialOf(chain, [root]), NOW);
    expect(ca).toMatchObject({
      ok: true,
      value: { notAfter: NOW + 7_200, chainPem: chain.map(({ pem }) => pem).join("") },
    });
  });

  test("may hang below a new root that an old one has signed", async () => {
    const [old, fresh] = [await makeAuthority(), await makeAuthority({ name: commonName("New Root") })];
    const cross = await makeAuthority({ ...fresh, issuer: old });
    const issuing = await makeAuthority({ issuer: fresh });
    expect(await reasonOf(await materialOf([issuing, cross], [old]))).toBe("loaded");
    expect(await reasonOf(await materialOf([issuing], [old, fresh]))).toBe("loaded");
    expect(await reasonOf(await materialOf([issuing], [old]))).toBe("chain");
  });

  test("finds its root among two of one name", async () => {
    const [first, second] = [await makeAuthority(), await makeAuthority()];
    const issuing = await makeAuthority({ issuer: second });
    expect(await reasonOf(await materialOf([issuing], [first, second]))).toBe("loaded");
  });

  test("trusts a root once that its bundle holds twice", async () => {
    const [root, other] = [await makeAuthority(), await makeAuthority({ name: commonName("Other Root") })];
    const issuing = await makeAuthority({ issuer: root });
    const ca = await loadIssuingCa(await materialOf([issuing], [root, other, root]), NOW);
    if (!ca.ok) throw new Error(ca.error.detail);
    expect(ca.value.trustBundlePem).toBe(root.pem + other.pem);
    expect(ca.value.trustedRoots).toHaveLength(2);
  });

  test("carries the dNSName constraints of its whole chain", async () => {
    const upper = {
      extensions: { [OID.nameConstraints]: constraints(["Example.Internal"], ["secret.example.internal"]) },
    };
    const lower = {
      extensions: { [OID.nameConstraints]: constraints(["nodes.example.internal", "other.test"]) },
    };
    const root = await makeAuthority();
    const middle = await makeAuthority({ ...upper, issuer: root, name: commonName("Middle") });
    const issuing = await makeAuthority({ ...lower, issuer: middle });
    const ca = await loadIssuingCa(await materialOf([issuing, middle], [root]), NOW);
    expect(ca.ok && ca.value.nameConstraints).toEqual({
      permitted: ["nodes.example.internal"],
      excluded: ["secret.example.internal"],
    });
  });
});

describe("a CA certificate that may not issue", () => {
  test.each<[string, AuthorityParts, string]>([
    [
      "CA:FALSE",
      { extensions: { [OID.basicConstraints]: requestedExtension(OID.basicConstraints, sequence()) } },
      "not-ca",
    ],
    [
      "CA:FALSE written out",
      {
        extensions: {
          [OID.basicConstraints]: requestedExtension(OID.basicConstraints, sequence(Uint8Array.of(1, 1, 0))),
        },
      },
      "malformed",
    ],
    ["no basicConstraints", { extensions: { [OID.basicConstraints]: null } }, "not-ca"],
    ["version 1", { version: 1 }, "not-ca"],
    ["version 2 with extensions", { version: 2 }, "not-ca"],
    ["an empty subject", { name: sequence() }, "not-ca"],
    ["no keyUsage", { extensions: { [OID.keyUsage]: null } }, "not-ca"],
    [
      "no keyCertSign",
      { extensions: { [OID.keyUsage]: requestedExtension(OID.keyUsage, namedBits(0, 6)) } },
      "not-ca",
    ],
    [
      "no cRLSign",
      { extensions: { [OID.keyUsage]: requestedExtension(OID.keyUsage, namedBits(5)) } },
      "not-ca",
    ],
    ["no subjectKeyIdentifier", { extensions: { [OID.subjectKeyIdentifier]: null } }, "not-ca"],
    [
      "serverAuth alone",
      { extensions: { eku: requestedExtension(OID.extKeyUsage, sequence(oid(OID.serverAuth))) } },
      "key-purpose",
    ],
    [
      "any purpose",
      { extensions: { eku: requestedExtension(OID.extKeyUsage, sequence(oid("2.5.29.37.0"))) } },
      "key-purpose",
    ],
    [
      "both purposes",
      {
        extensions: {
          eku: requestedExtension(OID.extKeyUsage, sequence(oid(OID.serverAuth), oid(OID.clientAuth))),
        },
      },
      "loaded",
    ],
    [
      "an unknown critical extension",
      { extensions: { x: requestedExtension("1.3.6.1.4.1.99999.1", nullValue(), true) } },
      "critical-extension",
    ],
    [
      "an unknown extension",
      { extensions: { x: requestedExtension("1.3.6.1.4.1.99999.1", nullValue()) } },
      "loaded",
    ],
    [
      "an extension twice",
      { extensions: { x: requestedExtension(OID.keyUsage, namedBits(5, 6)) } },
      "malformed",
    ],
    [
      "a key usage that is no BIT STRING",
      { extensions: { [OID.keyUsage]: requestedExtension(OID.keyUsage, nullValue()) } },
      "malformed",
    ],
    ["a P-521 key", { algorithm: "P-521" }, "weak-ca"],
    ["SHA-1 in its signature algorithm", { signatureOid: "1.2.840.10045.4.1" }, "weak-ca"],
    ["a signature of another algorithm than it names", { signatureOid: OID.ecdsaWithSha256 }, "chain"],
    [
      "an iPAddress constraint",
      { extensions: { nc: nameConstraint(element(0x87, Uint8Array.of(10, 0, 0, 0, 255, 0, 0, 0))) } },
      "name-constraints",
    ],
    [
      "a directoryName constraint",
      { extensions: { nc: nameConstraint(explicit(4, commonName("Example"))) } },
      "name-constraints",
    ],
    [
      "a constraint that is no host name",
      { extensions: { nc: nameConstraint(element(0x82, utf8("*.example"))) } },
      "name-constraints",
    ],
    [
      "an empty constraint",
      { extensions: { nc: requestedExtension(OID.nameConstraints, sequence(), true) } },
      "name-constraints",
    ],
    ["an end before today", { notAfter: NOW - 1 }, "validity"],
    ["a beginning after today", { notBefore: NOW + 1 }, "validity"],
    ["a validity of this second alone", { notBefore: NOW, notAfter: NOW }, "loaded"],
  ])("%s: %s", async (_, parts, reason) => {
    expect(await reasonOn(parts)).toBe(reason);
  });
});

describe("a chain that does not hold", () => {
  test("names are right and a signature is not", async () => {
    const root = await makeAuthority();
    const impostor = await makeAuthority({ keyIdentifier: root.keyIdentifier });
    const issuing = await makeAuthority({ issuer: impostor });
    expect(await reasonOf(await materialOf([issuing], [root]))).toBe("chain");
  });

  test("a signature is right and the name is not", async () => {
    const root = await makeAuthority();
    const renamed = await makeAuthority({ ...root, name: commonName("test root") });
    const issuing = await makeAuthority({ issuer: renamed });
    expect(await reasonOf(await materialOf([issuing], [root]))).toBe("chain");
  });

  test("key identifiers contradict each other", async () => {
    const root = await makeAuthority();
    const issuing = await makeAuthority({ issuer: { ...root, keyIdentifier: new Uint8Array(20) } });
    expect(await reasonOf(await materialOf([issuing], [root]))).toBe("chain");
  });

  test("intermediates are out of order, missing or unrelated", async () => {
    const [[issuing, middle], root] = await makeChain();
    const stranger = await makeAuthority({ issuer: root, name: commonName("Stranger") });
    expect(await reasonOf(await materialOf([issuing], [root]))).toBe("chain");
    expect(await reasonOf(await materialOf([issuing, stranger], [root]))).toBe("chain");
    expect(await reasonOf(await materialOf([issuing, middle, stranger], [root]))).toBe("chain");
    expect(
      await reasonOf({ ...(await materialOf([issuing], [root])), certificate: middle.pem + issuing.pem }),
    ).not.toBe("loaded");
  });

  test("a pathLenConstraint above is exceeded", async () => {
    for (const [rootLength, middleLength, reason] of [
      [1, 0, "chain"],
      [2, 0, "chain"],
      [2, 1, "loaded"],
    ] as const) {
      const root = await makeAuthority(pathLength(rootLength));
      const middle = await makeAuthority({
        ...pathLength(middleLength),
        issuer: root,
        name: commonName("Middle"),
      });
      const lower = await makeAuthority({ issuer: middle, name: commonName("Lower") });
      const issuing = await makeAuthority({ issuer: lower });
      const chain = middleLength === 0 ? [issuing, lower, middle] : [lower, middle];
      expect(await reasonOf(await materialOf(chain, [root])), `${rootLength} ${middleLength}`).toBe(reason);
    }
  });

  test("a new root that the old one of the same name has signed does not count for a pathLenConstraint", async () => {
    const old = await makeAuthority(pathLength(1));
    const cross = await makeAuthority({ ...pathLength(1), issuer: old, name: old.name });
    const issuing = await makeAuthority({ issuer: cross });
    expect(await reasonOf(await materialOf([issuing, cross], [old]))).toBe("loaded");
    const renamed = await makeAuthority({ ...pathLength(1), issuer: old, name: commonName("Renamed") });
    const below = await makeAuthority({ issuer: renamed });
    expect(await reasonOf(await materialOf([below, renamed], [old]))).toBe("chain");
  });

  test("a CA above is not valid any more", async () => {
    const [chain, root] = await makeChain({ notAfter: NOW - 1 });
    expect(await reasonOf(await materialOf(chain, [root]))).toBe("validity");
  });

  test("a certificate above is not a CA", async () => {
    const notCa = {
      extensions: { [OID.basicConstraints]: requestedExtension(OID.basicConstraints, sequence(), true) },
    };
    const [chain, root] = await makeChain(notCa);
    expect(await reasonOf(await materialOf(chain, [root]))).toBe("not-ca");
  });
});

describe("material that is not what it should be", () => {
  test.each<[string, Partial<CaMaterial>, string]>([
    ["an empty chain", { certificate: "" }, "chain"],
    ["an empty trust bundle", { trustBundle: "\n" }, "chain"],
    ["text around the chain", { certificate: "hello" }, "malformed"],
    ["a block that is not a certificate", { certificate: writePem("X509 CRL", nullValue()) }, "chain"],
    ["a certificate that is not DER", { certificate: writePem("CERTIFICATE", nullValue()) }, "malformed"],
    ["no private key", { privateKey: " \n" }, "key-form"],
  ])("%s", async (_, change, reason) => {
    expect(await changed(change)).toBe(reason);
  });

  test("an intermediate in the trust bundle", async () => {
    const [[issuing, middle], root] = await makeChain();
    expect(await reasonOf(await materialOf([issuing, middle], [root]))).toBe("loaded");
    expect(await reasonOf(await materialOf([issuing, middle], [root, middle]))).toBe("chain");
  });

  test("a root that issues", async () => {
    const root = await makeAuthority();
    expect(await reasonOf(await materialOf([root], [root]))).toBe("chain");
  });

  test("a private key inside the chain", async () => {
    const material = await makeMaterial();
    expect(await reasonOf({ ...material, certificate: material.certificate + material.privateKey })).toBe(
      "chain",
    );
  });

  test("the private key of somebody else, of the same type", async () => {
    const stranger = await makeAuthority({ pair: await makeKeyPair() });
    expect(await changed({ privateKey: await privateKeyPem(stranger) })).toBe("key-mismatch");
  });
});

test("what a CA returns holds no private key block", async () => {
  const { chainPem, trustBundlePem } = await makeIssuingCa();
  for (const pem of [chainPem, trustBundlePem]) {
    const blocks = readPem(pem, "blank");
    expect(blocks.ok && blocks.value.every(({ label }) => label === "CERTIFICATE")).toBe(true);
  }
});

/** An issuing CA below a middle one below a root; the parts are the middle one's. */
async function makeChain(
  parts: AuthorityParts = {},
): Promise<[chain: [Authority, Authority], root: Authority]> {
  const root = await makeAuthority();
  const middle = await makeAuthority({ ...parts, issuer: root, name: commonName("Middle") });
  return [[await makeAuthority({ issuer: middle }), middle], root];
}

async function materialOf(chain: readonly Authority[], roots: readonly Authority[]): Promise<CaMaterial> {
  const [issuing] = chain;
  if (issuing === undefined) throw new Error("a chain has an issuing CA");
  return {
    certificate: chain.map(({ pem }) => pem).join(""),
    privateKey: await privateKeyPem(issuing),
    trustBundle: roots.map(({ pem }) => pem).join(""),
  };
}

function constraints(permitted: readonly string[], excluded: readonly string[] = []): Bytes {
  return requestedExtension(
    OID.nameConstraints,
    sequence(
      ...(permitted.length > 0 ? [explicit(0, ...permitted.map(dnsSubtree))] : []),
      ...(excluded.length > 0 ? [explicit(1, ...excluded.map(dnsSubtree))] : []),
    ),
    true,
  );
}

function dnsSubtree(name: string): Bytes {
  return sequence(element(0x82, utf8(name)));
}

function nameConstraint(base: Bytes): Bytes {
  return requestedExtension(OID.nameConstraints, sequence(explicit(0, sequence(base))), true);
}
