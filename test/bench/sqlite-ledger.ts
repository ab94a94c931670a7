import { globSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync, type SQLInputValue, type StatementSync } from "node:sqlite";
import { complete } from "../../src/ledger/complete.ts";
import type { ReserveRequest } from "../../src/ledger/ledger.ts";
import { reserve } from "../../src/ledger/reserve.ts";
import { run, text, type Row, type Sql, type SqlValue } from "../../src/ledger/sql.ts";

/**
 * Fills the ledger of a server that is stopped with rows as its own code writes them, many times faster than over HTTP.
 *
 * @param stateDirectory of a server that has issued at least once
 */
export const fillLedger = (stateDirectory: string, rows: number): void => {
  const file = globSync(join(stateDirectory, "ledger", "**", "*.sqlite")).find(
    (path) => !path.endsWith("metadata.sqlite"),
  );
  if (file === undefined) throw new Error("the server has no ledger yet");
  using database = new DatabaseSync(file);
  const sql = sqlOf(database);
  const generation = sql.exec("SELECT snapshot_id, root, trusted_roots, issuer FROM generation").one();
  database.exec("BEGIN");
  for (let n = 0; n < rows; n += 1) issue(sql, requestOf(n, generation));
  database.exec("COMMIT");
};

const issue = (sql: Sql, request: ReserveRequest): void => {
  const outcome = reserve(sql, request, run);
  if (outcome.kind !== "fresh") throw new Error(`a row of the large ledger was not made: ${outcome.kind}`);
  complete(sql, { now: request.now, serial: outcome.serial, sha256: "5".repeat(64), chain: CHAIN });
};

/** As long as a P-256 leaf with its intermediate. */
const CHAIN = `-----BEGIN CERTIFICATE-----\n${"A".repeat(1700)}\n-----END CERTIFICATE-----\n`;
const DAY = 86_400;

const requestOf = (n: number, generation: Row): ReserveRequest => {
  const now = Math.floor(Date.now() / 1000);
  const node = `rabbit@old${String(n)}.nodes.example.internal`;
  const spkiSha256 = n.toString(16).padStart(64, "0");
  const [nameHash = "", issuerKey = ""] = text(generation, "issuer").split(":");
  return {
    now,
    node,
    spkiSha256,
    names: [`DNS:old${String(n)}.nodes.example.internal`],
    plan: {
      ok: true,
      value: {
        serial: n.toString(16).padStart(34, "0"),
        notBefore: now - 300,
        notAfter: now + 30 * DAY,
        renewAfter: now + 20 * DAY,
        tbs: new Uint8Array(400),
      },
    },
    credential: {
      kind: "token",
      id: `jti:${n.toString(16).padStart(32, "0")}`,
      uses: 1,
      binding: { kind: "first-use" },
      expiresAt: now + 3600,
      mayBind: true,
      namesNode: true,
      holder: `key:${spkiSha256}`,
    },
    early: false,
    graceUses: 1,
    snapshotId: text(generation, "snapshot_id"),
    root: text(generation, "root"),
    trustedRoots: [text(generation, "root")],
    issuer: { nameHash, spkiSha256: issuerKey },
    host: `old${String(n)}.nodes.example.internal`,
    exclusivePorts: [],
    dryRun: false,
  };
};

/** Node's SQLite in the place of a Durable Object's. */
const sqlOf = (database: DatabaseSync): Sql => {
  const statements = new Map<string, StatementSync>();
  return {
    exec: (query, ...bindings) => {
      const statement = statements.get(query) ?? database.prepare(query);
      statements.set(query, statement);
      const rows = statement.all(...bindings.map(inputOf)).map(rowOf);
      const [first] = rows;
      return {
        toArray: () => rows,
        one: () => {
          if (first === undefined || rows.length !== 1) throw new Error("one row was expected");
          return first;
        },
      };
    },
  };
};

const inputOf = (value: SqlValue): SQLInputValue =>
  value instanceof ArrayBuffer ? new Uint8Array(value) : value;

const rowOf = (row: Readonly<Record<string, unknown>>): Row =>
  Object.fromEntries(Object.entries(row).map(([column, value]) => [column, valueOf(value)]));

const valueOf = (value: unknown): SqlValue => {
  if (value instanceof Uint8Array) return new Uint8Array(value).buffer;
  if (typeof value === "string" || typeof value === "number" || value === null) return value;
  throw new TypeError("the ledger has no such value");
};
