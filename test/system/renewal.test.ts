import { afterAll, beforeAll, expect, it } from "vitest";
import { codeOf, rabbitDefinition, startDeployment, type Deployment } from "../support/deployment.ts";
import { describeOpenssl } from "../support/openssl.ts";
import { nodeFolder, type NodeFolder, type NodeKeyType } from "../support/renewal.ts";
import { run } from "../support/process.ts";

const HOST = "nodes.example.internal";
const nodeName = (n: number | string): string => `rabbit@node-${n}.${HOST}`;

interface BundleReply {
  readonly certificate: { readonly serial: string; readonly pem: string; readonly notAfter: string };
  readonly renewal: { readonly after: string; readonly url: string };
  readonly chain: string;
}

let deployment: Deployment;
beforeAll(async () => {
  deployment = await startDeployment({ definitions: { mq: rabbitDefinition(HOST) } });
});
afterAll(() => deployment[Symbol.asyncDispose]());

const urlOf = (node: string, query = ""): string =>
  `${deployment.origin()}/v1/clusters/mq/nodes/${encodeURIComponent(node)}/bundle${query}`;

const renew = (node: string, proof: BodyInit, query = "", headers: HeadersInit = {}): Promise<Response> =>
  fetch(urlOf(node, query), { method: "POST", body: proof, headers });

/** The node's first certificate, by a token, into its folder. */
const join = async (folder: NodeFolder, node: string, key?: NodeKeyType): Promise<BundleReply> => {
  await folder.request("node", key);
  const token = await deployment.mint("mq", { exact: node });
  const reply = await deployment.askBundle("mq", node, token, folder.read("node.csr"));
  expect(reply.status).toBe(201);
  return install(folder, "node", await reply.json<BundleReply>());
};

/** Writes what a node keeps of a reply. */
const install = (folder: NodeFolder, name: string, reply: BundleReply): BundleReply => {
  folder.write(`${name}.pem`, reply.chain);
  return reply;
};

describeOpenssl("a renewal that openssl signs", () => {
  const KEYS = ["ec-p256", "ec-p384", "rsa-2048"] as const;
  const DIGESTS = ["sha256", "sha384", "sha512"] as const;
  const FORMS = [["PEM"], ["DER"], ["DER", "-stream"], ["PEM", "-stream"], ["PEM", "-keyid"]] as const;

  it.each(KEYS.flatMap((key) => DIGESTS.map((digest) => [key, digest] as const)))(
    "with %s and %s is accepted in every form, as one and the same",
    async (key, digest) => {
      using folder = nodeFolder();
      const node = nodeName(`${key}-${digest}`);
      const old = await join(folder, node, key);
      await folder.request("next", key);
      let serial: string | null = null;
      for (const form of FORMS) {
        const proof = await folder.sign("next", "node", ["-md", digest, "-outform", ...form]);
        const reply = await renew(node, proof);
        expect([form, reply.status]).toEqual([form, serial === null ? 201 : 200]);
        const { certificate } = await reply.json<BundleReply>();
        serial ??= certificate.serial;
        expect(certificate.serial).toBe(serial);
      }
      expect(serial).not.toBe(old.certificate.serial);
    },
  );

  it("goes through one pipe to curl, and the answer works", async () => {
    using folder = nodeFolder();
    const node = nodeName("pipe");
    await join(folder, node);
    const pipe = `openssl req -new -key node_key.pem -subj / \
      | openssl cms -sign -binary -nodetach -md sha256 -signer node.pem -inkey node_key.pem -outform PEM \
      | curl --fail-with-body --retry 8 --retry-all-errors -sS --data-binary @- '${urlOf(node, "?format=pem&renew=now")}' -o new.pem`;
    await run(["sh", "-c", `cd '${folder.path(".")}' && ${pipe}`]);
    folder.write("root.pem", deployment.secrets[`interlock/${HOST}`]?.trustBundle ?? "");
    await run([
      "openssl",
      "verify",
      "-CAfile",
      folder.path("root.pem"),
      "-untrusted",
      folder.path("new.pem"),
      folder.path("new.pem"),
    ]);
    const [mine, certified] = await Promise.all([
      run(["openssl", "pkey", "-in", folder.path("node_key.pem"), "-pubout"]),
      run(["openssl", "x509", "-in", folder.path("new.pem"), "-noout", "-pubkey"]),
    ]);
    expect(certified).toBe(mine);
  });

  it("may be bare base64, in a JSON body with options, and in a PKCS7 block", async () => {
    using folder = nodeFolder();
    const node = nodeName("forms");
    await join(folder, node);
    await folder.request("next");
    const pem = (await folder.sign("next", "node")).toString();
    const first = await renew(node, pem);
    const { certificate } = await first.json<BundleReply>();
    const der = await folder.sign("next", "node", ["-outform", "DER"]);
    const forms = [der.toString("base64"), pem.replaceAll("CMS-----", "PKCS7-----")];
    for (const form of forms) {
      const reply = await renew(node, form);
      expect(reply.status).toBe(200);
      expect((await reply.json<BundleReply>()).certificate).toEqual(certificate);
    }
    const json = { "Content-Type": "application/json" };
    const reply = await renew(node, JSON.stringify({ csr: pem, portOffset: 1, renew: "now" }), "", json);
    expect(reply.status).toBe(200);
    expect((await reply.json<BundleReply>()).certificate).toEqual(certificate);
  });
});

describeOpenssl("when a renewal makes a certificate", () => {
  it("with the same key early: the recorded one, unless it is wanted now", async () => {
    using folder = nodeFolder();
    const node = nodeName("early");
    const old = await join(folder, node);
    const early = await renew(node, await folder.sign("node", "node"));
    expect([early.status, early.headers.get("Idempotent-Replay")]).toEqual([200, "true"]);
    expect((await early.json<BundleReply>()).certificate.serial).toBe(old.certificate.serial);
    const proof = await folder.sign("node", "node");
    const now = await renew(node, proof, "?renew=now");
    expect(now.status).toBe(201);
    const { certificate } = await now.json<BundleReply>();
    const again = await renew(node, proof, "?renew=now");
    expect([again.status, (await again.json<BundleReply>()).certificate]).toEqual([200, certificate]);
  });

  it("with a new key: a new one, under which the node renews from then on", async () => {
    using folder = nodeFolder();
    const node = nodeName("chain");
    await join(folder, node);
    for (const [from, to] of [
      ["node", "a"],
      ["a", "b"],
      ["b", "c"],
    ] as const) {
      await folder.request(to);
      const reply = await renew(node, await folder.sign(to, from));
      expect(reply.status).toBe(201);
      install(folder, to, await reply.json<BundleReply>());
    }
    const reply = await deployment.administer(
      `/v1/clusters/mq/certificates?node=${encodeURIComponent(node)}`,
    );
    const { certificates } = await reply.json<{
      certificates: { serial: string; credential: { kind: string; id: string } }[];
    }>();
    expect(certificates).toHaveLength(4);
    for (const [i, { credential }] of certificates.slice(0, -1).entries())
      expect(credential).toEqual({ kind: "possession", id: `cert:${certificates[i + 1]?.serial ?? ""}` });
    const newest = await deployment.administer(
      `/v1/clusters/mq/certificates/${certificates[0]?.serial ?? ""}`,
    );
    expect((await newest.json<{ events: { kind: string }[] }>()).events.map(({ kind }) => kind)).toEqual([
      "renewed",
    ]);
  });

  it("of two that race with two keys: one of them", async () => {
    using folder = nodeFolder();
    const node = nodeName("race");
    await join(folder, node);
    const names = Array.from({ length: 8 }, (_, i) => `racer-${i}`);
    for (const name of names) await folder.request(name);
    const proofs: Buffer[] = [];
    for (const name of names) proofs.push(await folder.sign(name, "node"));
    const codes = await Promise.all(proofs.map(async (proof) => codeOf(await renew(node, proof))));
    expect(codes.filter((code) => code === 201)).toHaveLength(1);
    expect(codes.filter((code) => code === "node-held-by-another")).toHaveLength(7);
  });

  it("as a dry run: none", async () => {
    using folder = nodeFolder();
    const node = nodeName("dry");
    await join(folder, node);
    await folder.request("next");
    const dry = await renew(node, await folder.sign("next", "node"), "?dryRun=true");
    expect(dry.status).toBe(200);
    expect((await renew(node, await folder.sign("next", "node"))).status).toBe(201);
  });
});

describeOpenssl("a refusal says what to do", () => {
  it("when a header comes with a proof", async () => {
    using folder = nodeFolder();
    const node = nodeName("two");
    await join(folder, node);
    const token = await deployment.mint("mq", { exact: node });
    const reply = await deployment.askBundle("mq", node, token, await folder.sign("node", "node"));
    expect(await codeOf(reply)).toBe("ambiguous-credential");
  });
  it("when renew=now comes with a token", async () => {
    using folder = nodeFolder();
    const node = nodeName("token-now");
    await join(folder, node);
    const token = await deployment.mint("mq", { exact: node });
    const reply = await deployment.askBundle("mq", node, token, folder.read("node.csr"), "?renew=now");
    expect(await codeOf(reply)).toBe("option-invalid");
  });
  it("when openssl was called with other options", async () => {
    using folder = nodeFolder();
    const node = nodeName("options");
    await join(folder, node);
    folder.write("root.pem", deployment.secrets[`interlock/${HOST}`]?.trustBundle ?? "");
    const said = async (args: readonly string[]): Promise<string> => {
      const reply = await renew(node, await folder.sign("node", "node", args));
      expect(reply.status).toBe(401);
      return (await reply.json<{ detail: string }>()).detail;
    };
    expect(await said(["-outform", "SMIME"])).toContain("-outform PEM");
    expect(await said(["-outform", "PEM", "-noattr"])).toContain("no signed attributes");
    expect(await said(["-outform", "PEM", "-nocerts"])).toContain("signer's certificate");
    expect(await said(["-outform", "PEM", "-md", "sha1"])).toContain("SHA-256");
    expect(await said(["-outform", "PEM", "-certfile", folder.path("root.pem")])).toContain("no other");
    await run([
      "openssl",
      "cms",
      "-sign",
      "-binary",
      "-signer",
      folder.path("node.pem"),
      "-inkey",
      folder.path("node_key.pem"),
      "-in",
      folder.path("node.csr"),
      "-outform",
      "PEM",
      "-out",
      folder.path("detached"),
    ]);
    const detached = await renew(node, folder.read("detached"));
    expect((await detached.json<{ detail: string }>()).detail).toContain("-nodetach");
  });
  it("when two keys signed", async () => {
    using folder = nodeFolder();
    const node = nodeName("both");
    await join(folder, node);
    await folder.request("other");
    const own = ["-signkey", folder.path("other_key.pem"), "-out", folder.path("other.pem")];
    await run(["openssl", "x509", "-req", "-in", folder.path("other.csr"), ...own]);
    const second = ["-signer", folder.path("other.pem"), "-inkey", folder.path("other_key.pem")];
    const proof = await folder.sign("node", "node", ["-outform", "PEM", ...second]);
    expect(await codeOf(await renew(node, proof))).toBe("credential-invalid");
  });
});
