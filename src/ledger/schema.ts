import type { Sql } from "./sql.ts";

/** The tables as `docs/ledger-schema.md` explains them. Times are epoch seconds; keys and digests are lower-case hex. */
const VERSION_1 = `
  CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE generation (
    number INTEGER PRIMARY KEY,
    snapshot_id TEXT NOT NULL UNIQUE,
    root TEXT NOT NULL,
    trusted_roots TEXT NOT NULL,
    issuer TEXT NOT NULL,
    first_seen_at INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE certificate (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    serial TEXT NOT NULL UNIQUE,
    node TEXT NOT NULL,
    spki_sha256 TEXT NOT NULL,
    credential TEXT NOT NULL,
    credential_kind TEXT NOT NULL,
    holder TEXT NOT NULL,
    names TEXT NOT NULL,
    not_before INTEGER NOT NULL,
    not_after INTEGER NOT NULL,
    renew_after INTEGER NOT NULL,
    generation INTEGER NOT NULL REFERENCES generation (number),
    proof TEXT,
    after_expiry INTEGER NOT NULL,
    reserved_at INTEGER NOT NULL,
    tbs BLOB,
    issued_at INTEGER,
    sha256 TEXT,
    chain TEXT,
    replayed_at INTEGER,
    revoked_at INTEGER,
    reason TEXT
  ) STRICT;
  CREATE INDEX certificate_by_key ON certificate (spki_sha256, node);
  CREATE INDEX certificate_by_node ON certificate (node, id);
  CREATE INDEX certificate_by_expiry ON certificate (not_after);
  CREATE INDEX certificate_by_credential ON certificate (credential, not_after);
  CREATE INDEX certificate_revoked ON certificate (id) WHERE revoked_at IS NOT NULL;
  CREATE TABLE barred_key (
    spki_sha256 TEXT PRIMARY KEY,
    since INTEGER NOT NULL,
    serial TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE crl (
    issuer TEXT PRIMARY KEY,
    number INTEGER NOT NULL,
    this_update INTEGER NOT NULL,
    next_update INTEGER NOT NULL,
    revocations INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE crl_part (
    issuer TEXT NOT NULL,
    at INTEGER NOT NULL,
    der BLOB NOT NULL,
    PRIMARY KEY (issuer, at)
  ) STRICT;
  CREATE TABLE credential (
    id TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    first_used_at INTEGER,
    expires_at INTEGER NOT NULL,
    withdrawn_at INTEGER
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE binding (
    credential TEXT NOT NULL,
    node TEXT NOT NULL,
    spki_sha256 TEXT NOT NULL,
    bound_at INTEGER NOT NULL,
    stated_at INTEGER,
    PRIMARY KEY (credential, node)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE lease (
    node TEXT PRIMARY KEY,
    holder TEXT NOT NULL,
    since INTEGER NOT NULL,
    until INTEGER NOT NULL,
    serial TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX lease_by_holder ON lease (holder);
  CREATE TABLE ack (
    node TEXT NOT NULL,
    generation INTEGER NOT NULL REFERENCES generation (number),
    seen_at INTEGER NOT NULL,
    acknowledged_at INTEGER,
    PRIMARY KEY (node, generation)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE listener (
    host TEXT NOT NULL,
    port INTEGER NOT NULL,
    node TEXT NOT NULL,
    until INTEGER NOT NULL,
    PRIMARY KEY (host, port)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE event (
    seq INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    kind TEXT NOT NULL,
    actor TEXT NOT NULL,
    node TEXT,
    serial TEXT,
    detail TEXT NOT NULL,
    hash TEXT NOT NULL
  ) STRICT;
  CREATE INDEX event_by_actor ON event (actor, kind);
  CREATE INDEX event_refused ON event (detail) WHERE kind IN ('refused', 'refused-bound');
  CREATE TABLE notice (id TEXT PRIMARY KEY, told_at INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  CREATE INDEX event_by_serial ON event (serial);
  INSERT INTO meta VALUES ('schema', '1'), ('revocations', '0'), ('crl_number', '0');
`;

/** What is looked for by another column than it is kept by (test/worker/ledger/query-plans.test.ts): a node's ports and documents, and unfinished plans. */
const VERSION_2 = `
  CREATE INDEX listener_by_node ON listener (node);
  CREATE INDEX certificate_reserved ON certificate (id) WHERE issued_at IS NULL;
  CREATE INDEX binding_stated ON binding (node) WHERE stated_at IS NOT NULL;
  UPDATE meta SET value = '2' WHERE key = 'schema';
`;

/** An index that every event was written into, and only refusals are counted by. */
const VERSION_3 = `
  DROP INDEX event_by_actor;
  CREATE INDEX event_refused_by_actor ON event (actor, kind) WHERE kind IN ('refused', 'refused-bound');
  UPDATE meta SET value = '3' WHERE key = 'schema';
`;

/** A token for a fleet has a binding a node: they are counted as they come and go, not whenever it is used. */
const VERSION_4 = `
  ALTER TABLE credential ADD COLUMN nodes INTEGER NOT NULL DEFAULT 0;
  UPDATE credential SET nodes = (SELECT count(*) FROM binding WHERE binding.credential = credential.id);
  UPDATE meta SET value = '4' WHERE key = 'schema';
`;

/** Steps from each schema version to the next; a step never changes once it has been deployed. */
const MIGRATIONS: readonly string[] = [VERSION_1, VERSION_2, VERSION_3, VERSION_4];

/** Brings the tables to the newest version. Must run inside a transaction. */
export const migrate = (sql: Sql): void => {
  for (const step of MIGRATIONS.slice(schemaVersion(sql))) sql.exec(step);
};

const schemaVersion = (sql: Sql): number => {
  const known =
    sql.exec("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'meta'").toArray().length > 0;
  return known ? Number(sql.exec("SELECT value FROM meta WHERE key = 'schema'").one()["value"]) : 0;
};
