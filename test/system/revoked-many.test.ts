import { globSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, it } from "vitest";
import { makeCsr } from "../support/csr.ts";
import { rabbitDefinition, startDeployment, type Deployment } from "../support/deployment.ts";
import { describeOpenssl } from "../support/openssl.ts";
import { run } from "../support/process.ts";

/** The CRL of a great cluster, as a peer fetches it. Its rows go into the ledger's own file: 10,000 bundles would take too long. */
const MANY = 10_000;

const issueAndRevoke = async (deployment: Deployment, name: string): Promise<void> => {
  const node = `rabbit@${name}.nodes.example.internal`;
  const token = await deployment.mint("mq", { exact: node });
  const reply = await deployment.askBundle("mq", node, token, (await makeCsr()).csrPem);
  expect(reply.status).toBe(201);
  const path = `/v1/clusters/mq/nodes/${encodeURIComponent(node)}/revoke`;
  expect((await deployment.administer(path, { method: "POST", body: "{}" })).status).toBe(200);
};

/** Repeats the one revoked certificate under other serials, until there are so many. */
const repeatRevoked = (ledgerDirectory: string, many: number): void => {
  const files = globSync(join(ledgerDirectory, "**", "*.sqlite")).filter(
    (file) => !file.endsWith("metadata.sqlite"),
  );
  expect(files).toHaveLength(1);
  const ledger = new DatabaseSync(files[0] ?? "");
  const columns = ledger
    .prepare("SELECT * FROM certificate")
    .columns()
    .map(({ name }) => name)
    .filter((name) => name !== "id" && name !== "serial")
    .join(", ");
  ledger.exec(`INSERT INTO certificate (serial, ${columns})
    WITH RECURSIVE n (i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < ${String(many)})
    SELECT printf('8f%032x', i), ${columns} FROM certificate, n`);
  ledger.close();
};

describeOpenssl("a CRL of 10,000", () => {
  it("is made and served by one request, and OpenSSL counts it", async () => {
    await using deployment = await startDeployment({ definitions: { mq: rabbitDefinition() } });
    await issueAndRevoke(deployment, "first");
    repeatRevoked(deployment.stateDirectory, MANY - 1);
    await deployment.restart("SIGKILL");
    await issueAndRevoke(deployment, "last");

    const began = performance.now();
    const reply = await fetch(`${deployment.origin()}/v1/clusters/mq/crl`);
    const der = new Uint8Array(await reply.arrayBuffer());
    const milliseconds = performance.now() - began;
    expect(reply.status).toBe(200);
    const text = await run(["openssl", "crl", "-inform", "DER", "-noout", "-text"], { stdin: der });
    expect(text.match(/Serial Number:/g)).toHaveLength(MANY);
    console.info(
      `a CRL of ${String(MANY)}: ${String(der.length)} octets, made and served in ${milliseconds.toFixed(0)} ms`,
    );
  });
});
