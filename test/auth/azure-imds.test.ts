import "reflect-metadata";
import {
  BasicConstraintsExtension,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
  type X509Certificate,
} from "@peculiar/x509";
import { beforeAll, describe, expect, it } from "vitest";
import { parsePinnedCertificate } from "../../src/auth/pinned-certificate.ts";
import type { AuthenticationContext } from "../../src/auth/authenticator.ts";
import { attestedDocuments } from "../../src/auth/azure-imds.ts";
import { nonceOf } from "../../src/auth/azure-imds/document.ts";
import { NO_BOOTSTRAP } from "../../src/auth/bootstrap.ts";
import { sha256 } from "../../src/bytes.ts";
import { parseNodeTemplate } from "../../src/node/node-template.ts";
import { exportPrivateKey } from "../support/csr.ts";
import { NOON } from "../support/ledger-requests.ts";
import { signMessage } from "../support/signed-message.ts";

const RSA = {
  name: "RSASSA-PKCS1-v1_5",
  modulusLength: 2048,
  publicExponent: new Uint8Array([1, 0, 1]),
  hash: "SHA-256",
} as const;
const SUBSCRIPTION = "8d10da13-8125-4ba9-a717-bf7490507b3d";
const VM = "02aab8a4-74ef-476e-8182-f6d2ba4166a6";
const CSR = new Uint8Array([0x30, 0x00]);

/** A certificate with its key, as a PKI of Azure's shape has them. */
interface Holder {
  readonly certificate: X509Certificate;
  readonly keys: CryptoKeyPair;
}

const makeHolder = async (
  subject: string,
  issuer: Holder | null,
  host: string | null,
  ends = NOON + 86_400,
): Promise<Holder> => {
  const keys = (await crypto.subtle.generateKey(RSA, true, ["sign", "verify"])) as CryptoKeyPair;
  const certificate = await X509CertificateGenerator.create({
    subject,
    issuer: issuer?.certificate.subject ?? subject,
    notBefore: new Date((NOON - 86_400) * 1000),
    notAfter: new Date(ends * 1000),
    publicKey: keys.publicKey,
    signingKey: (issuer?.keys ?? keys).privateKey,
    signingAlgorithm: RSA,
    extensions: [
      new BasicConstraintsExtension(host === null, undefined, true),
      ...(host === null ? [] : [new SubjectAlternativeNameExtension([{ type: "dns", value: host }])]),
    ],
  });
  return { certificate, keys };
};

let ca: Holder;
let leaf: Holder;
let stranger: Holder;
let forged: Holder;
let wrongHost: Holder;
let ended: Holder;
beforeAll(async () => {
  ca = await makeHolder("CN=Azure TLS CA", null, null);
  leaf = await makeHolder("CN=metadata.azure.com", ca, "eastus.metadata.azure.com");
  // The same names, another CA.
  stranger = await makeHolder("CN=Azure TLS CA", null, null);
  forged = await makeHolder("CN=metadata.azure.com", stranger, "metadata.azure.com");
  wrongHost = await makeHolder("CN=metadata.azure.com", ca, "evilmetadata.azure.com");
  ended = await makeHolder("CN=metadata.azure.com", ca, "metadata.azure.com", NOON - 1);
});

const document = async (changes: object = {}): Promise<string> =>
  JSON.stringify({
    licenseType: "",
    nonce: nonceOf(await sha256(CSR)),
    plan: { name: "", product: "", publisher: "" },
    sku: "22_04-lts-gen2",
    subscriptionId: SUBSCRIPTION,
    timeStamp: { createdOn: "11/22/26 11:00:00 -0000", expiresOn: "11/22/26 17:00:00 -0000" },
    vmId: VM,
    ...changes,
  });

const sign = async (
  signer: Holder,
  content: string,
  bag?: Holder,
  args: readonly string[] = [],
): Promise<string> =>
  signMessage({
    content,
    certificate: signer.certificate.toString("pem"),
    privateKey: await exportPrivateKey(signer.keys.privateKey),
    ...(bag === undefined ? {} : { bag: bag.certificate.toString("pem") }),
    args,
  });

const context = async (csr = CSR): Promise<AuthenticationContext> => {
  const pin = parsePinnedCertificate(ca.certificate.toString("pem"));
  const node = parseNodeTemplate("rabbit@vm-{/vmId}.prod.internal");
  if (pin === null || node === null) throw new Error("the test's own definition does not hold");
  return {
    cluster: {
      id: "mq",
      bootstrap: { ...NO_BOOTSTRAP, "azure-imds": { subscriptions: [SUBSCRIPTION], node, pins: [pin] } },
    },
    // Not of this kind, and so never used.
    tokenKey: await crypto.subtle.importKey(
      "raw",
      new Uint8Array(32),
      { name: "HMAC", hash: "SHA-256" },
      false,
      ["verify"],
    ),
    origin: "https://interlock.example",
    csr,
    node: "rabbit@mq-1.prod.internal",
    now: NOON,
  };
};

const authenticate = async (signature: string, csr = CSR) =>
  attestedDocuments.authenticate(
    { scheme: "evidence", evidence: { method: "azure-imds", signature } },
    await context(csr),
  );

const outcome = async (signature: string, csr = CSR): Promise<string> => {
  const answer = await authenticate(signature, csr);
  if (answer === null) return "not mine";
  return answer.ok ? "accepted" : answer.error.code;
};

describe("an attested document", () => {
  it("says which machine of which subscription it is, and for which CSR", async () => {
    expect(await authenticate(await sign(leaf, await document()))).toMatchObject({
      value: {
        kind: "azure-imds",
        subject: `azure:${SUBSCRIPTION}:${VM}`,
        nodes: { exact: `rabbit@vm-${VM}.prod.internal` },
        binding: { kind: "csr" },
      },
    });
  });
  it("may come with its CA's certificate, or streamed", async () => {
    expect(await outcome(await sign(leaf, await document(), ca))).toBe("accepted");
    expect(await outcome(await sign(leaf, await document(), undefined, ["-stream"]))).toBe("accepted");
  });
  it("of another CSR is refused: its nonce is that one's digest", async () => {
    expect(await outcome(await sign(leaf, await document()), new Uint8Array([0x30, 0x01]))).toBe(
      "credential-invalid",
    );
  });
});

describe("an attested document is refused", () => {
  it("whose signer a CA of the same name issued", async () => {
    expect(await outcome(await sign(forged, await document()))).toBe("credential-invalid");
    expect(await outcome(await sign(forged, await document(), stranger))).toBe("credential-invalid");
  });
  it("whose bag holds a good certificate beside the one that signed (first certificate not the signer)", async () => {
    expect(await outcome(await sign(forged, await document(), leaf))).toBe("credential-invalid");
    expect(await outcome(await sign(leaf, await document(), forged))).toBe("accepted");
  });
  it("whose signer is of another host: a suffix is not a label", async () =>
    expect(await outcome(await sign(wrongHost, await document()))).toBe("credential-invalid"));
  it("whose signer's certificate has ended", async () =>
    expect(await outcome(await sign(ended, await document()))).toBe("credential-invalid"));
  it("that the CA itself signed, or nobody's certificate", async () => {
    expect(await outcome(await sign(ca, await document()))).toBe("credential-invalid");
    expect(await outcome(await sign(leaf, await document(), undefined, ["-nocerts"]))).toBe(
      "credential-invalid",
    );
  });
  it("with two signers", async () => {
    const first = await sign(leaf, await document());
    expect(await outcome(`${first}${first}`)).toBe("credential-invalid");
  });
  it("that was changed anywhere", async () => {
    const good = Buffer.from(await sign(leaf, await document()), "base64");
    for (let at = 0; at < good.length; at += 41) {
      const changed = Buffer.from(good);
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect([at, await outcome(changed.toString("base64"))]).toEqual([at, "credential-invalid"]);
    }
  });
  it.each([
    ["another subscription", { subscriptionId: "00000000-8125-4ba9-a717-bf7490507b3d" }],
    ["no nonce", { nonce: undefined }],
    ["the nonce of nobody", { nonce: "1234567890" }],
    ["a vmId that is a path", { vmId: "../x" }],
    ["no end", { timeStamp: {} }],
    ["an end of no day", { timeStamp: { expiresOn: "13/45/26 17:00:00 -0000" } }],
  ])("with %s, although Azure signed it (CVE-2025-3879)", async (_, changes) =>
    expect(await outcome(await sign(leaf, await document(changes)))).toBe("credential-invalid"),
  );
  it("past its end", async () => {
    const past = { timeStamp: { expiresOn: "11/22/26 12:00:00 -0000" } };
    expect(await outcome(await sign(leaf, await document(past)))).toBe("credential-expired");
  });
  it("with a member twice", async () => {
    const twice = (await document()).replace("{", `{"vmId":"${VM}",`);
    expect(await outcome(await sign(leaf, twice))).toBe("credential-invalid");
  });
});

describe("the nonce", () => {
  it("is the first 32 characters of base32 of the CSR's SHA-256", () => {
    expect(nonceOf(new Uint8Array(32))).toBe("A".repeat(32));
    expect(nonceOf(Uint8Array.from(Buffer.from("foobarfoobarfoobarfoobarfoobarfo")))).toBe(
      "MZXW6YTBOJTG633CMFZGM33PMJQXEZTP",
    );
  });
});
