import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeAzurePki, type AzurePki } from "../support/attested-cases.ts";
import { attestedDocument, signAttested, SUBSCRIPTION } from "../support/attested-document.ts";
import { makeCsr, type KeyAndCsr } from "../support/csr.ts";
import { codeOf, rabbitDefinition, startDeployment, type Deployment } from "../support/deployment.ts";
import { issueToken, makeKey } from "../support/issuer.ts";
import { ledgerRows } from "../support/ledger-rows.ts";
import { nodeFolder } from "../support/renewal.ts";
import { sharedDir } from "../support/shared.ts";
import { signMessage } from "../support/signed-message.ts";

/** Dry runs over HTTP, for every kind of credential: each check with its outcome, no word to strangers, and not a row written. */
const ISSUER = "https://issuer.test";
const ZONE = "nodes.example.internal";
const key = makeKey("RS256", "rsa-1");
const now = (): number => Math.floor(Date.now() / 1000);
const nodeOf = (label: string): string => `rabbit@${label}.${ZONE}`;
const data = (name: string): string => readFileSync(`${sharedDir ?? ""}/data/iid/${name}`, "utf8");

/** What is sent in a request's header and body. */
interface Shown {
  readonly authorization?: string;
  readonly body: string;
}

interface Kind {
  readonly kind: string;
  /** The label of a node of its own. */
  readonly label: (n: number) => string;
  readonly show: (label: string, csr: KeyAndCsr) => Promise<Shown>;
  readonly spoil: (shown: Shown) => Shown;
}

let pki: AzurePki;
let deployment: Deployment;
beforeAll(async () => {
  pki = await makeAzurePki(now());
  deployment = await startDeployment({
    publicOrigin: true,
    definitions: {
      mq: rabbitDefinition(ZONE, {
        nodes: { names: ["rabbit"], hosts: [`*.${ZONE}`] },
        bootstrap: [
          { method: "token" },
          {
            method: "jwt",
            issuer: ISSUER,
            jwks: { keys: [key.jwk] },
            audience: "cluster",
            node: `rabbit@{/sub}.${ZONE}`,
          },
          {
            method: "azure-imds",
            subscriptions: [SUBSCRIPTION],
            node: `rabbit@{/vmId}.${ZONE}`,
            pins: [pki.ca.pem],
          },
          ...(sharedDir === null
            ? []
            : [
                {
                  method: "aws-iid",
                  accounts: ["111122223333"],
                  node: `rabbit@{/instanceId}.${ZONE}`,
                  pins: [{ region: "us-east-1", certificate: data("signer-us-east-1.pem") }],
                },
              ]),
        ],
      }),
    },
  });
  // The ledger makes its tables when it is first looked at.
  await deployment.administer("/v1/clusters/mq/certificates");
});
afterAll(() => deployment[Symbol.asyncDispose]());

const evidence = (csr: KeyAndCsr, shown: object): Shown => ({
  body: JSON.stringify({ csr: csr.csrPem, evidence: shown }),
});

/** Another last character of what was signed, or of the signature. */
const spoilBearer = (shown: Shown): Shown => ({
  ...shown,
  authorization: `${(shown.authorization ?? "").slice(0, -6)}AAAAAA`,
});

const spoilEvidence =
  (member: string) =>
  ({ body }: Shown): Shown => {
    const { evidence: given, ...rest } = JSON.parse(body) as { evidence: Record<string, string> };
    const bytes = Buffer.from(given[member] ?? "", "base64");
    bytes[bytes.length - 1] = (bytes[bytes.length - 1] ?? 0) ^ 1;
    return { body: JSON.stringify({ ...rest, evidence: { ...given, [member]: bytes.toString("base64") } }) };
  };

const KINDS: readonly Kind[] = [
  {
    kind: "a join token",
    label: (n) => `token-${String(n)}`,
    show: async (label, csr) => ({
      authorization: `Bearer ${await deployment.mint("mq", { exact: nodeOf(label) })}`,
      body: csr.csrPem,
    }),
    spoil: spoilBearer,
  },
  {
    kind: "a web token",
    label: (n) => `jwt-${String(n)}`,
    show: async (label, csr) => ({
      authorization: `Bearer ${issueToken(key, {
        iss: ISSUER,
        sub: label,
        aud: `${deployment.origin()}/v1/clusters/mq`,
        iat: now(),
        exp: now() + 600,
        jti: crypto.randomUUID(),
      })}`,
      body: csr.csrPem,
    }),
    spoil: spoilBearer,
  },
  {
    kind: "an attested document",
    label: (n) => `02aab8a4-74ef-476e-8182-${n.toString(16).padStart(12, "0")}`,
    show: async (label, csr) => {
      const content = await attestedDocument(csr.csrDer, pki.now, { vmId: label });
      const signature = Buffer.from(await signAttested({ signer: pki.leaf, content })).toString("base64");
      return evidence(csr, { method: "azure-imds", signature });
    },
    spoil: spoilEvidence("signature"),
  },
  ...(sharedDir === null
    ? []
    : [
        {
          kind: "an instance identity document",
          label: (n: number) => `i-${n.toString(16).padStart(17, "0")}`,
          show: async (label: string, csr: KeyAndCsr) => {
            const pendingTime = new Date(Date.now() - 60_000).toISOString().replace(/\.\d+Z/, "Z");
            const document = { ...(JSON.parse(data("good/document")) as object), instanceId: label };
            const pkcs7 = await signMessage({
              content: JSON.stringify({ ...document, region: "us-east-1", pendingTime }),
              certificate: data("signer-us-east-1.pem"),
              privateKey: data("signer-us-east-1.key.pem"),
            });
            return evidence(csr, { method: "aws-iid", pkcs7 });
          },
          spoil: spoilEvidence("pkcs7"),
        },
      ]),
];

const ask = ({ authorization, body }: Shown, node: string, query = "?dryRun=true"): Promise<Response> =>
  fetch(`${deployment.origin()}/v1/clusters/mq/nodes/${node}/bundle${query}`, {
    method: "POST",
    headers: {
      "Content-Type": body.startsWith("{") ? "application/json" : "application/pkcs10",
      ...(authorization === undefined ? {} : { Authorization: authorization }),
    },
    body,
  });

interface Explained {
  readonly status: number;
  readonly checks: Readonly<Record<string, boolean | null>>;
}

/** What a dry run says, and that it left nothing. */
const dryRun = async (shown: Shown, node: string, query = ""): Promise<Explained> => {
  const before = ledgerRows(deployment.stateDirectory);
  const reply = await ask(shown, node, `?dryRun=true${query}`);
  const { checks } = await reply.json<{
    checks: { name: string; pass: boolean | null; detail?: string }[];
  }>();
  expect(ledgerRows(deployment.stateDirectory)).toEqual(before);
  for (const { pass, detail } of checks) expect(detail === undefined).toBe(pass === true);
  return { status: reply.status, checks: Object.fromEntries(checks.map(({ name, pass }) => [name, pass])) };
};

const outcome = ({ checks }: Explained, pass: boolean | null): readonly string[] =>
  Object.keys(checks).filter((name) => checks[name] === pass);

describe.each(KINDS)("a dry run of $kind", ({ label, show, spoil }) => {
  it("says of every check that it passes, and binds nothing: another key may still come first", async () => {
    const [csr, other] = [await makeCsr(), await makeCsr()];
    const dry = await dryRun(await show(label(1), csr), nodeOf(label(1)));
    expect([dry.status, outcome(dry, false), outcome(dry, null)]).toEqual([200, [], []]);
    expect(await codeOf(await ask(await show(label(1), other), nodeOf(label(1)), ""))).toBe(201);
  });
  it("says all that is wrong at once, and what could not be looked at", async () => {
    const csr = await makeCsr({ names: [{ type: "dns", value: "somebody.else" }] });
    const dry = await dryRun(await show(label(2), csr), nodeOf(label(2)), "&lifetime=91d");
    expect([dry.status, outcome(dry, false)]).toEqual([
      400,
      ["csr-names-are-granted", "options-are-possible"],
    ]);
    expect(outcome(dry, null)).toEqual(["port-is-free", "certificate-can-be-made"]);
    expect(dry.checks).toMatchObject({ "credential-is-free": true, "node-name-is-free": true });
  });
  it("is no oracle for the nodes of others: the ledger is not asked", async () => {
    const [csr, held] = [await makeCsr(), nodeOf("held")];
    await deployment.askBundle(
      "mq",
      held,
      await deployment.mint("mq", { exact: held }),
      (await makeCsr()).csrPem,
    );
    const shown = await show(label(3), csr);
    const [taken, free] = [await dryRun(shown, held), await dryRun(shown, nodeOf("free"))];
    expect(taken).toEqual(free);
    expect([taken.status, outcome(taken, false)]).toEqual([403, ["credential-names-node"]]);
    expect(outcome(taken, null)).toEqual([
      "csr-names-are-granted",
      "credential-is-free",
      "not-revoked",
      "key-is-its-own",
      "node-name-is-free",
      "identity-has-one-node",
      "port-is-free",
      "certificate-can-be-made",
    ]);
    const outside = await dryRun(shown, "rabbit@held.elsewhere.internal");
    expect(outcome(outside, false)).toEqual(["cluster-allows-host", "credential-names-node"]);
  });
  it("tells a stranger that the credential does not hold, and nothing else; in earnest too, it writes no row", async () => {
    const forged = spoil(await show(label(4), await makeCsr()));
    const before = ledgerRows(deployment.stateDirectory);
    expect(await codeOf(await ask(forged, nodeOf(label(4)), ""))).toBe("credential-invalid");
    expect(ledgerRows(deployment.stateDirectory)).toEqual(before);
    const [held, free] = [await dryRun(forged, nodeOf(label(1))), await dryRun(forged, nodeOf(label(4)))];
    expect(held).toEqual(free);
    expect([held.status, outcome(held, true), outcome(held, false)]).toEqual([
      401,
      ["ca-can-sign"],
      ["credential-is-valid"],
    ]);
  });
  it("says that the key is another node's", async () => {
    const { keys } = await makeCsr();
    const first = nodeOf(`first-${label(5)}`);
    const used = (await makeCsr({ keys })).csrPem;
    await deployment.askBundle("mq", first, await deployment.mint("mq", { exact: first }), used);
    const again = await dryRun(await show(label(5), await makeCsr({ keys })), nodeOf(label(5)));
    expect(outcome(again, false)).toContain("key-is-its-own");
  });
});

describe("a dry run with a bound token", () => {
  it("says so to another key, and leaves the alarm to the log", async () => {
    const node = nodeOf("bound");
    const token = `Bearer ${await deployment.mint("mq", { exact: node })}`;
    expect((await ask({ authorization: token, body: (await makeCsr()).csrPem }, node, "")).status).toBe(201);
    const thief = { authorization: token, body: (await makeCsr()).csrPem };
    const dry = await dryRun(thief, node);
    expect([dry.status, outcome(dry, false), outcome(dry, null)]).toEqual([409, ["credential-is-free"], []]);
    expect(deployment.log()).toContain('"cause":"another-key"');
  });
});

describe("a dry run of a renewal", () => {
  it("says each check, also of a certificate that was revoked meanwhile", async () => {
    using folder = nodeFolder();
    const node = nodeOf("renewing");
    await folder.request("node");
    const token = await deployment.mint("mq", { exact: node });
    const first = await deployment.askBundle("mq", node, token, folder.read("node.csr"), "?format=pem");
    folder.write("node.pem", await first.text());
    await folder.request("next");
    const proof = async (): Promise<Shown> => ({ body: (await folder.sign("next", "node")).toString() });
    const good = await dryRun(await proof(), node);
    expect([good.status, outcome(good, false), outcome(good, null)]).toEqual([200, [], []]);
    const elsewhere = await dryRun(await proof(), nodeOf("elsewhere"));
    expect(outcome(elsewhere, false)).toEqual(["credential-names-node"]);
    await deployment.administer(`/v1/clusters/mq/nodes/${node}/revoke`, { method: "POST", body: "{}" });
    const revoked = await dryRun(await proof(), node);
    expect([revoked.status, outcome(revoked, true), outcome(revoked, false)]).toEqual([
      403,
      ["ca-can-sign", "credential-is-valid"],
      ["not-revoked"],
    ]);
  });
});
