import { beforeAll, describe, expect, it } from "vitest";
import type { AuthenticationContext } from "../../src/auth/authenticator.ts";
import { possession, type CertificateRecord } from "../../src/auth/possession.ts";
import { sha256Hex, toHex } from "../../src/bytes.ts";
import { readCertificate } from "../../src/pki/certificate.ts";
import { readSignedData } from "../../src/pki/cms/signed-data.ts";
import { makeAuthority, NOW, type Authority } from "../pki/support/authority.ts";
import { clusterWith } from "../policy/cluster.ts";
import { makeMessage, type MessageParts } from "../pki/support/signed-message.ts";
import { makeTokenKey } from "./support/token-key.ts";

const NODE = "rabbit@mq-1.prod.internal";
const DAY = 86_400;

let node: Authority;
let sibling: Authority;
let record: CertificateRecord;
beforeAll(async () => {
  [node, sibling] = [await makeAuthority(), await makeAuthority()];
  record = {
    node: NODE,
    sha256: await sha256Hex(node.der),
    spkiSha256: "a".repeat(64),
    notAfter: NOW + 30 * DAY,
    revokedAt: null,
  };
});

const serialOf = ({ der }: Authority): string => {
  const read = readCertificate(der);
  if (!read.ok) throw new Error(read.error);
  return toHex(read.value.tbs.serial).replace(/^00/, "");
};

interface Situation {
  readonly parts?: MessageParts;
  readonly signer?: Authority;
  readonly record?: Partial<CertificateRecord>;
  readonly cluster?: string;
  readonly now?: number;
}

/** The ledger of the cluster mq has one certificate, the node's. */
const authenticate = async (situation: Situation = {}) => {
  const proof = readSignedData(await makeMessage(situation.signer ?? node, situation.parts));
  if (!proof.ok) throw new Error(proof.error);
  const asked: string[] = [];
  const authenticator = possession((cluster, serial) => {
    asked.push(serial);
    const found = cluster === "mq" && serial === serialOf(node);
    return Promise.resolve(found ? { ...record, ...situation.record } : null);
  });
  const context: AuthenticationContext = {
    cluster: { ...clusterWith(), id: situation.cluster ?? "mq" },
    csr: new Uint8Array(),
    tokenKey: await makeTokenKey(),
    origin: "https://interlock.example",
    node: NODE,
    now: situation.now ?? NOW,
  };
  return { answer: await authenticator.authenticate({ scheme: "cms", proof: proof.value }, context), asked };
};

const codeOf = async (situation: Situation): Promise<string> => {
  const { answer } = await authenticate(situation);
  return answer === null ? "not my kind" : answer.ok ? "good" : answer.error.code;
};

describe("a proof by the current certificate", () => {
  it("is the node's that the ledger says, whatever the path says", async () => {
    const { answer, asked } = await authenticate({ record: { node: "rabbit@mq-2.prod.internal" } });
    expect(asked).toEqual([serialOf(node)]);
    expect(answer).toMatchObject({
      ok: true,
      value: {
        kind: "possession",
        id: `cert:${serialOf(node)}`,
        nodes: { exact: "rabbit@mq-2.prod.internal" },
        binding: { kind: "possession", serial: serialOf(node), lapsedSeconds: 0 },
      },
    });
  });
  it("has a digest that a replay shares and a proof of another second does not", async () => {
    const digestOf = async (signingTime: number): Promise<unknown> => {
      const { answer } = await authenticate({ parts: { signingTime } });
      return answer?.ok === true && "proofSha256" in answer.value.binding && answer.value.binding.proofSha256;
    };
    expect(await digestOf(NOW)).toMatch(/^[0-9a-f]{64}$/);
    expect(await digestOf(NOW)).toBe(await digestOf(NOW));
    expect(await digestOf(NOW - 1)).not.toBe(await digestOf(NOW));
  });
  it("says how long ago its certificate ended, and leaves the rest to the policy", async () => {
    const { answer } = await authenticate({ record: { notAfter: NOW - 90 } });
    expect(answer).toMatchObject({ ok: true, value: { binding: { lapsedSeconds: 90 }, expired: false } });
  });
  it.each([-300, 0, 300])("may be signed %i seconds from now", async (seconds) => {
    expect(await codeOf({ parts: { signingTime: NOW + seconds } })).toBe("good");
  });
});

describe("refused is a proof", () => {
  it.each([-3600, -301, 301, 3600])("that was signed %i seconds from now", async (seconds) => {
    expect(await codeOf({ parts: { signingTime: NOW + seconds } })).toBe("credential-invalid");
  });
  it("by a key that is not the certificate's", async () => {
    expect(await codeOf({ parts: { forger: sibling } })).toBe("credential-invalid");
  });
  it("with a second certificate, also where that is the victim's", async () => {
    expect(await codeOf({ signer: sibling, parts: { bag: [sibling.der, node.der] } })).toBe(
      "credential-invalid",
    );
    expect(await codeOf({ parts: { bag: [sibling.der, node.der] } })).toBe("credential-invalid");
    expect(await codeOf({ parts: { bag: [] } })).toBe("credential-invalid");
  });
  it("by a certificate that the ledger does not know, or knows in another cluster", async () => {
    expect(await codeOf({ signer: sibling })).toBe("renewal-refused");
    expect(await codeOf({ cluster: "mq-2" })).toBe("renewal-refused");
  });
  it("by a certificate of a serial that is recorded with other bytes, or not yet completed", async () => {
    expect(await codeOf({ record: { sha256: await sha256Hex(sibling.der) } })).toBe("renewal-refused");
    expect(await codeOf({ record: { sha256: null } })).toBe("renewal-refused");
  });
  it("by a revoked certificate, also after its end", async () => {
    expect(await codeOf({ record: { revokedAt: NOW - 1 } })).toBe("revoked");
    expect(await codeOf({ record: { revokedAt: NOW - 1, notAfter: NOW - 1 } })).toBe("revoked");
  });
  it("before the ledger is asked, where its signature does not hold", async () => {
    expect((await authenticate({ parts: { forger: sibling } })).asked).toEqual([]);
    expect((await authenticate({ parts: { signingTime: 0 } })).asked).toEqual([]);
  });
});
