import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, it } from "vitest";
import { rabbitDefinition, startDeployment, type Deployment } from "../support/deployment.ts";
import { shellBlock } from "../support/documentation/shell-block.ts";
import { describeOpenssl } from "../support/openssl.ts";
import { run } from "../support/process.ts";
import { nodeFolder, type NodeFolder } from "../support/renewal.ts";

/** What docs/operations.md has a node do, as it stands there: another address and another folder, and nothing else. */
const PAGE = "docs/operations.md";
const NODE = "rabbit@node-01.nodes.example.internal";
const TLS = "etc/rabbitmq/tls";

describeOpenssl("docs/operations.md on a node", () => {
  let deployment: Deployment;
  let folder: NodeFolder;
  beforeAll(async () => {
    const render = { revocation: "file" };
    deployment = await startDeployment({ definitions: { mq: rabbitDefinition(undefined, { render }) } });
    folder = nodeFolder();
    mkdirSync(folder.path(`${TLS}/crls`), { recursive: true });
    mkdirSync(folder.path("run"));
    await folder.request(`${TLS}/node`);
    const token = await deployment.mint("mq", { exact: NODE });
    const csr = folder.read(`${TLS}/node.csr`);
    const reply = await deployment.askBundle("mq", NODE, token, csr, "?format=pem");
    folder.write(`${TLS}/node.pem`, await reply.text());
  });
  afterAll(async () => {
    folder[Symbol.dispose]();
    await deployment[Symbol.asyncDispose]();
  });

  const type = (script: string): Promise<string> =>
    run([
      "sh",
      "-euc",
      script
        .replaceAll("/etc/rabbitmq/tls", folder.path(TLS))
        .replaceAll("/run/", `${folder.path("run")}/`)
        .replaceAll("-C /", `-C ${folder.path(".")}`)
        .replaceAll("https://interlock.example.com", deployment.origin())
        .replaceAll("rabbit-prod", "mq")
        .replaceAll("rabbit@$(hostname -f)", NODE),
    ]);
  const serial = (): Promise<string> =>
    run(["openssl", "x509", "-noout", "-serial", "-in", folder.path(`${TLS}/node.pem`)]);

  it("renews by hand, with the key that it has", async () => {
    const before = await serial();
    await type(shellBlock(PAGE, "renew=now"));
    expect(await serial()).not.toBe(before);
    const publicKey = (of: readonly string[]): Promise<string> => run(["openssl", ...of]);
    expect(await publicKey(["x509", "-noout", "-pubkey", "-in", folder.path(`${TLS}/node.pem`)])).toBe(
      await publicKey(["pkey", "-pubout", "-in", folder.path(`${TLS}/node_key.pem`)]),
    );
  });
  it("refreshes the CRL daily, under the name that Erlang looks for", async () => {
    await type(readFileSync("infra/cron/interlock-crl", "utf8"));
    const reply = await fetch(`${deployment.origin()}/v1/clusters/mq/crl.r0`);
    const [name = ""] = /[0-9a-f]{8}\.r0/.exec(reply.headers.get("Content-Disposition") ?? "") ?? [];
    expect(readdirSync(folder.path(`${TLS}/crls`))).toEqual([name]);
    expect(folder.read(`${TLS}/crls/${name}`).toString()).toBe(await reply.text());
  });
});
