import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { instanceDocuments } from "../../src/auth/aws-iid.ts";
import { regionPins } from "../../src/auth/aws-iid/pins.ts";
import { parsePinnedCertificate } from "../../src/auth/pinned-certificate.ts";
import type { AuthenticationContext } from "../../src/auth/authenticator.ts";
import { NO_BOOTSTRAP, type IidTrust, type RegionPin } from "../../src/auth/bootstrap.ts";
import { parseNodeTemplate, type NodeTemplate } from "../../src/node/node-template.ts";
import { sharedDir } from "../support/shared.ts";
import { signMessage } from "../support/signed-message.ts";
import { makeTokenKey } from "./support/token-key.ts";

/** `../shared/data/iid`: the documents and the made-up region signers of the corpus. */
const data = (name: string): string => readFileSync(`${sharedDir ?? ""}/data/iid/${name}`, "utf8");

interface Case {
  readonly id: string;
  readonly why: string;
  readonly expected: "accept" | "reject" | "either" | "reject-second";
}

/** A minute after the documents' pendingTime. */
const NOW = Date.UTC(2026, 5, 1, 12, 1) / 1000;
const REGIONS = ["us-east-1", "eu-central-1"];

const template = (text: string): NodeTemplate => {
  const parsed = parseNodeTemplate(text);
  if (parsed === null) throw new Error(`no template: ${text}`);
  return parsed;
};

const pin = (region: string): RegionPin => {
  const certificate = parsePinnedCertificate(data(`signer-${region}.pem`));
  if (certificate === null) throw new Error(`no certificate: ${region}`);
  return { region, certificate };
};

const context = async (changes: Partial<IidTrust> = {}, now = NOW): Promise<AuthenticationContext> => ({
  cluster: {
    id: "mq",
    bootstrap: {
      ...NO_BOOTSTRAP,
      "aws-iid": {
        accounts: ["111122223333"],
        regions: null,
        node: template("rabbit@{/ipName}.prod.internal"),
        maxInstanceAge: 900,
        rebindAfterRestart: false,
        pins: REGIONS.map(pin),
        ...changes,
      },
    },
  },
  // Not of this kind, and so never used.
  tokenKey: await makeTokenKey(),
  origin: "https://interlock.example",
  csr: new Uint8Array(),
  node: "rabbit@ip-10-20-0-11.prod.internal",
  now,
});

const authenticate = async (pkcs7: string, changes: Partial<IidTrust> = {}, now = NOW) =>
  instanceDocuments.authenticate(
    { scheme: "evidence", evidence: { method: "aws-iid", pkcs7 } },
    await context(changes, now),
  );

const outcome = async (...given: Parameters<typeof authenticate>): Promise<string> => {
  const answer = await authenticate(...given);
  if (answer === null) return "not mine";
  return answer.ok ? "accepted" : answer.error.code;
};

/** The corpus writes PEM; the metadata service sends what stands between its lines. */
const bare = (pem: string): string => pem.replaceAll(/-----[A-Z0-9 ]+-----\n?/g, "");

/** As the metadata service sends it: BER of indefinite length, no certificate. */
const sign = (content: string, region = "us-east-1", args?: readonly string[]): Promise<string> =>
  signMessage({
    content,
    certificate: data(`signer-${region}.pem`),
    privateKey: data(`signer-${region}.key.pem`),
    ...(args === undefined ? {} : { args }),
  });

const document = (changes: object = {}): string =>
  JSON.stringify({ ...JSON.parse(data("good/document")), ...changes }, null, 2);

describe.skipIf(sharedDir === null)("an instance identity document", () => {
  const { cases } =
    sharedDir === null ? { cases: [] } : (JSON.parse(data("index.json")) as { cases: readonly Case[] });

  /** The document beside the message is a copy that nobody signed: it is not even taken, so what it says cannot count. */
  const UNSIGNED_COPY = ["account-changed", "whitespace-changed"];

  it.each(cases)("$id: $why", async ({ id, expected }) => {
    const result = await outcome(bare(data(`${id}/rsa2048`)));
    // Its first use is good; the second is the ledger's to refuse (test/system/evidence.test.ts).
    if (expected === "accept" || expected === "reject-second" || UNSIGNED_COPY.includes(id))
      expect(result).toBe("accepted");
    else if (expected === "reject") expect(result).toBe("credential-invalid");
    else expect(["accepted", "credential-invalid"]).toContain(result);
  });

  it.each(UNSIGNED_COPY)("%s: what counts is what the message holds", async (id) => {
    const good = await authenticate(bare(data("good/rsa2048")));
    expect(await authenticate(bare(data(`${id}/rsa2048`)))).toEqual(good);
    expect(await outcome(Buffer.from(data(`${id}/document`)).toString("base64"))).toBe("credential-invalid");
  });

  it.each(cases.filter(({ id }) => !["signature-empty", "huge"].includes(id)))(
    "$id: the same when it is signed as the service really signs, as BER without a certificate",
    async ({ id, expected }) => {
      const region = id === "good-other-region" || id === "region-cross" ? "eu-central-1" : "us-east-1";
      const result = await outcome(await sign(data(`${id}/document`), region));
      // What was changed after the signature, or was signed by a stranger, is now signed by the region.
      const mended = [
        "account-changed",
        "whitespace-changed",
        "signer-attacker",
        "pkcs7-attacker-cert-inside",
      ];
      const account = JSON.parse(id === "not-json" ? "{}" : data(`${id}/document`)) as { accountId?: string };
      if (mended.includes(id))
        expect(result).toBe(account.accountId === "111122223333" ? "accepted" : "credential-invalid");
      else if (expected === "reject") expect(result).toBe("credential-invalid");
      else if (expected !== "either") expect(result).toBe("accepted");
    },
  );

  it("says who the instance is, and is bound by its first use", async () => {
    expect(await authenticate(await sign(document()))).toMatchObject({
      value: {
        kind: "aws-iid",
        subject: "aws:111122223333:i-0123456789abcdef0",
        nodes: { exact: "rabbit@ip-10-20-0-11.prod.internal" },
        binding: { kind: "first-use", statedAt: NOW - 60, mayRebind: false },
        expired: false,
      },
    });
  });
  it("comes with or without line breaks", async () => {
    const pkcs7 = await sign(document());
    expect(await outcome(pkcs7.replaceAll(/(.{64})/g, "$1\n"))).toBe("accepted");
    expect(await outcome(pkcs7.replaceAll(/(.{64})/g, "$1\r\n"))).toBe("accepted");
    expect(await outcome(pkcs7.replace("M", " M"))).toBe("credential-invalid");
  });
  it("binds nothing new a quarter of an hour after the instance's start", async () => {
    const pkcs7 = await sign(document());
    expect(await authenticate(pkcs7, {}, NOW + 900)).toMatchObject({ value: { expired: false } });
    expect(await authenticate(pkcs7, {}, NOW + 901)).toMatchObject({ value: { expired: true } });
  });
  it("is of the definition's regions and accounts alone", async () => {
    const pkcs7 = await sign(document());
    expect(await outcome(pkcs7, { regions: ["eu-central-1"] })).toBe("credential-invalid");
    expect(await outcome(pkcs7, { accounts: ["999999999999"] })).toBe("credential-invalid");
    expect(await outcome(pkcs7, { pins: [pin("eu-central-1")] })).toBe("credential-invalid");
  });
});

describe.skipIf(sharedDir === null)("an instance identity document is refused", () => {
  it("with two signers", async () => {
    const two = await sign(document(), "us-east-1", [
      "-signer",
      `${sharedDir ?? ""}/data/iid/signer-eu-central-1.pem`,
      "-inkey",
      `${sharedDir ?? ""}/data/iid/signer-eu-central-1.key.pem`,
      "-nocerts",
    ]);
    expect(await outcome(two)).toBe("credential-invalid");
  });
  it("with a certificate in the bag that is not the pin", async () => {
    const withCertificate = await signMessage({
      content: document(),
      certificate: data("signer-us-east-1.pem"),
      privateKey: data("signer-us-east-1.key.pem"),
      bag: data("signer-eu-central-1.pem"),
      args: [],
    });
    expect(await outcome(withCertificate)).toBe("credential-invalid");
  });
  it("with another digest, or without signed attributes", async () => {
    for (const args of [
      ["-nocerts", "-md", "sha512"],
      ["-nocerts", "-noattr"],
    ])
      expect([args, await outcome(await sign(document(), "us-east-1", args))]).toEqual([
        args,
        "credential-invalid",
      ]);
  });
  it("with bytes after its end, cut off, or changed anywhere", async () => {
    const good = Buffer.from(await sign(document()), "base64");
    expect(await outcome(Buffer.concat([good, Buffer.from([0])]).toString("base64"))).toBe(
      "credential-invalid",
    );
    for (let at = 0; at < good.length; at += 7) {
      expect(await outcome(good.subarray(0, at).toString("base64"))).toBe("credential-invalid");
      const changed = Buffer.from(good);
      changed[at] = (changed[at] ?? 0) ^ 1;
      const result = await outcome(changed.toString("base64"));
      // SMIMECapabilities and the like are covered too: no bit of the message is free.
      expect([at, result]).toEqual([at, "credential-invalid"]);
    }
  });
  it.each([
    ["another shape of account", { accountId: 111122223333 }],
    ["a list of accounts", { accountId: ["111122223333"] }],
    ["no privateIp", { privateIp: undefined }],
    ["an instance id that is a path (CVE-2021-27099)", { instanceId: "i-0123456789abcdef0/../x" }],
    ["an instance id that is a node name", { instanceId: "rabbit@mq-1" }],
    ["a privateIp that is a name", { privateIp: "mq-1" }],
    ["a pendingTime with a zone", { pendingTime: "2026-06-01T12:00:00+02:00" }],
    ["a pendingTime of no day", { pendingTime: "2026-13-01T12:00:00Z" }],
    ["a pendingTime in two minutes", { pendingTime: "2026-06-01T12:03:00Z" }],
  ])("with %s, although the region signed it", async (_, changes) =>
    expect(await outcome(await sign(document(changes)))).toBe("credential-invalid"),
  );
});

/** As the metadata service sent it, with its line breaks, to two instances of 2021. */
const REAL = JSON.parse(readFileSync("test/fixtures/aws-instance-documents.json", "utf8")) as readonly {
  readonly region: string;
  readonly account: string;
  readonly instanceId: string;
  readonly pendingTime: string;
  readonly pkcs7: string;
}[];

describe.each(REAL)(
  "a document that AWS signed in $region",
  ({ account, instanceId, pendingTime, pkcs7 }) => {
    const started = Date.parse(pendingTime) / 1000;
    const real = {
      accounts: [account],
      pins: regionPins(),
      node: template("rabbit@{/instanceId}.prod.internal"),
    };

    it("is its instance's word by the certificates that AWS publishes, in its first minutes", async () => {
      expect(await authenticate(pkcs7, real, started + 30)).toMatchObject({
        value: {
          subject: `aws:${account}:${instanceId}`,
          nodes: { exact: `rabbit@${instanceId}.prod.internal` },
          binding: { kind: "first-use", statedAt: started },
          expired: false,
        },
      });
      expect(await authenticate(pkcs7, real, started + 3600)).toMatchObject({ value: { expired: true } });
    });
    it("is no word for another account, under another region's pin, or changed in one place", async () => {
      expect(await outcome(pkcs7, { ...real, accounts: ["111122223333"] }, started)).toBe(
        "credential-invalid",
      );
      const others = regionPins().filter(({ region }) => !region.startsWith("us-west"));
      expect(await outcome(pkcs7, { ...real, pins: others }, started)).toBe("credential-invalid");
      const changed = Buffer.from(pkcs7, "base64");
      const at = changed.indexOf(instanceId) + 5;
      changed[at] = changed[at] === 0x31 ? 0x32 : 0x31;
      expect(await outcome(changed.toString("base64"), real, started)).toBe("credential-invalid");
    });
  },
);
