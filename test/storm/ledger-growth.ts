/**
 * `node test/storm/ledger-growth.ts 10000 100000`: the bytes that a ledger takes with so many certificates, by table with its indexes.
 * The ledger's own statements on Node's SQLite, with a real certificate: docs/scale.md reckons with the result.
 */
import { createHash } from "node:crypto";
import * as z from "zod";
import { complete } from "../../src/ledger/complete.ts";
import { reserve } from "../../src/ledger/reserve.ts";
import { run } from "../../src/ledger/sql.ts";
import { signCertificate } from "../../src/pki/sign.ts";
import { makeIssuingCa } from "../pki/support/authority.ts";
import { makeOrder, makePlan } from "../pki/support/order.ts";
import { NOON, reserveRequest } from "../support/ledger-requests.ts";
import { openLedger } from "./sqlite-ledger.ts";

const ca = await makeIssuingCa();
const { tbs, linted } = await makePlan(await makeOrder(ca));
const { pem, sha256 } = await signCertificate(linted);
const chain = pem + ca.chainPem;

/** Spread over its index, as serials and digests are. */
const hex = (what: string, n: number): string => createHash("sha256").update(`${what} ${n}`).digest("hex");

const { database, sql } = openLedger();

const issue = (n: number): void => {
  const host = `mq-${n}.nodes.example.internal`;
  const serial = hex("serial", n).slice(0, 34);
  const request = reserveRequest({
    node: `rabbit@${host}`,
    host,
    plan: { serial, spkiSha256: hex("key", n), tbs, names: [`DNS:${host}`, `DNS:mq-${n}`] },
    credential: { id: `jti:${hex("token", n).slice(0, 32)}` },
  });
  reserve(sql, request, run);
  complete(sql, { now: NOON, serial, sha256, chain });
};

const sizesSchema = z.array(z.object({ name: z.string(), bytes: z.int() }));

/** By table, what its own pages and those of its indexes take. */
const sizes = (): z.infer<typeof sizesSchema> =>
  sizesSchema.parse(
    database
      .prepare(
        `SELECT tbl_name AS name, sum(pgsize) AS bytes FROM dbstat JOIN sqlite_schema USING (name)
         GROUP BY tbl_name ORDER BY bytes DESC`,
      )
      .all(),
  );

let issued = 0;
for (const count of process.argv.slice(2).map(Number)) {
  database.exec("BEGIN");
  while (issued < count) issue(issued++);
  database.exec("COMMIT");
  const tables = sizes();
  const total = tables.reduce((sum, { bytes }) => sum + bytes, 0);
  console.log(`${count.toLocaleString("en")} certificates: ${(total / 1e6).toFixed(1)} MB`);
  for (const { name, bytes } of [{ name: "all", bytes: total }, ...tables])
    if (bytes / count >= 1)
      console.log(`  ${name.padEnd(14)}${(bytes / count).toFixed(0).padStart(6)} bytes each`);
}
