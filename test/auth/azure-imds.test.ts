import { createHash } from "node:crypto";
import { beforeAll, describe, expect, it } from "vitest";
import { attestedDocuments } from "../../src/auth/azure-imds.ts";
import { nonceOf } from "../../src/auth/azure-imds/document.ts";
import type { AuthenticationContext } from "../../src/auth/authenticator.ts";
import { NO_BOOTSTRAP } from "../../src/auth/bootstrap.ts";
import { INVALID_CREDENTIAL } from "../../src/auth/credential.ts";
import { parsePinnedCertificate } from "../../src/auth/pinned-certificate.ts";
import { fromBase64 } from "../../src/bytes.ts";
import { parseNodeTemplate } from "../../src/node/node-template.ts";
import type { Certificate } from "../../src/pki/certificate.ts";
import { ACCEPTED, makeAzurePki, REAL, type AzurePki } from "../support/attested-cases.ts";
import { attestedDocument, signAttested, SUBSCRIPTION, VM } from "../support/attested-document.ts";
import { REFUSED } from "../support/attested-forgeries.ts";
import { NOON } from "../support/ledger-requests.ts";
import { makeTokenKey } from "./support/token-key.ts";

const CSR = new Uint8Array([0x30, 0x05]);

let pki: AzurePki;
beforeAll(async () => {
  pki = await makeAzurePki(NOON);
});

const context = async (
  pins: readonly Certificate[],
  subscription: string,
  now: number,
): Promise<AuthenticationContext> => {
  const node = parseNodeTemplate("rabbit@vm-{/vmId}.prod.internal");
  if (node === null) throw new Error("the test's own definition does not hold");
  return {
    cluster: {
      id: "mq",
      bootstrap: { ...NO_BOOTSTRAP, "azure-imds": { subscriptions: [subscription], node, pins } },
    },
    // Not of this kind, and so never used.
    tokenKey: await makeTokenKey(),
    origin: "https://interlock.example",
    csr: CSR,
    node: "rabbit@mq-1.prod.internal",
    now,
  };
};

interface World {
  readonly pins?: readonly Certificate[];
  readonly subscription?: string;
  readonly now?: number;
}

const authenticate = async (
  signature: string,
  { pins = [pki.ca.certificate, pki.ended.certificate], subscription = SUBSCRIPTION, now = NOON }: World = {},
) =>
  attestedDocuments.authenticate(
    { scheme: "evidence", evidence: { method: "azure-imds", signature } },
    await context(pins, subscription, now),
  );

const outcome = async (signature: string, world?: World): Promise<string> => {
  const answer = await authenticate(signature, world);
  if (answer === null) return "not mine";
  return answer.ok ? "accepted" : answer.error.code;
};

const signed = async (): Promise<Uint8Array> =>
  signAttested({ signer: pki.leaf, content: await attestedDocument(CSR, NOON) });

describe("an attested document", () => {
  it.each(ACCEPTED)("$name is accepted", async ({ make }) =>
    expect(await outcome(await make(pki, CSR))).toBe("accepted"),
  );
  it("says which machine of which subscription it is, and for which CSR", async () => {
    expect(await authenticate(Buffer.from(await signed()).toString("base64"))).toMatchObject({
      value: {
        kind: "azure-imds",
        subject: `azure:${SUBSCRIPTION}:${VM}`,
        nodes: { exact: `rabbit@vm-${VM}.prod.internal` },
        binding: { kind: "csr" },
      },
    });
  });
});

describe("an attested document is refused", () => {
  it.each(REFUSED)("$name", async ({ make, expected }) =>
    expect(await outcome(await make(pki, CSR))).toBe(expected),
  );
  it("that was changed anywhere", async () => {
    const good = await signed();
    for (let at = 0; at < good.length; at += 31) {
      const changed = Buffer.from(good);
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect([at, await outcome(changed.toString("base64"))]).toEqual([at, "credential-invalid"]);
    }
  });
});

/** Signed by Azure in 2022: it names no CSR of ours, so its nonce is what it must be refused for, and nothing before. */
describe("a document that Azure signed", () => {
  const world = (): Required<World> => {
    const pin = parsePinnedCertificate(REAL.issuer);
    if (pin === null) throw new Error("the CA does not parse");
    return {
      pins: [pin],
      subscription: "5f130ffc-0a3e-4795-b691-4f56a12a5547",
      now: Date.parse(REAL.signedAt) / 1000,
    };
  };
  const detail = async (changes: World, signature = REAL.signature): Promise<string> => {
    const answer = await authenticate(signature, { ...world(), ...changes });
    return answer?.ok === false ? answer.error.detail : "accepted";
  };

  it("comes with the CA that Microsoft publishes by this digest", () => {
    const der = fromBase64(REAL.issuer);
    expect(der && createHash("sha1").update(der).digest("hex")).toBe(REAL.issuerSha1);
  });
  it("is believed to be Azure's, and for another request", async () => {
    expect(await detail({})).toContain("the document's nonce is not the digest of this CSR");
  });
  it("is nobody's without the pin of its CA, after its signer's end, or changed", async () => {
    expect(await detail({ pins: [pki.ca.certificate] })).toBe(INVALID_CREDENTIAL);
    expect(await detail({ now: NOON })).toBe(INVALID_CREDENTIAL);
    const changed = Buffer.from(REAL.signature, "base64");
    const nonce = changed.indexOf("20220419-072721");
    changed[nonce] = 0x33;
    expect(await detail({}, changed.toString("base64"))).toBe(INVALID_CREDENTIAL);
  });
  it("is of the shape that the tests' own are made in", async () => {
    const algorithms = (message: Uint8Array): string => Buffer.from(message.subarray(0, 43)).toString("hex");
    const skeleton = (message: Uint8Array): string => algorithms(message).replaceAll(/82..../g, "82");
    expect(skeleton(await signed())).toBe(skeleton(Buffer.from(REAL.signature, "base64")));
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
