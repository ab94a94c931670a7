import type {
  CompleteRequest,
  IssuedCertificate,
  PlannedCertificate,
  ReserveRequest,
} from "../../src/ledger/ledger.ts";

/** 2026-11-22T12:00:00Z. */
export const NOON = 1_795_348_800;
export const DAY = 86_400;

export interface ReserveChanges {
  readonly now?: number;
  readonly node?: string;
  /** Of the plan, and of the key and the names that it is for. */
  readonly plan?: Partial<PlannedCertificate & Pick<ReserveRequest, "spkiSha256" | "names">>;
  readonly credential?: Partial<ReserveRequest["credential"]>;
  readonly snapshotId?: string;
  readonly root?: string;
  readonly trustedRoots?: readonly string[];
  readonly issuer?: ReserveRequest["issuer"];
  readonly host?: string;
  readonly exclusivePorts?: readonly number[];
  readonly dryRun?: boolean;
  readonly early?: boolean;
  readonly graceUses?: number;
}

/** A request for which a new certificate can be made. */
export type GoodRequest = ReserveRequest & {
  readonly plan: { readonly ok: true; readonly value: PlannedCertificate };
};

/** A good reservation of one node's first certificate, with changes. The holder follows the key, as `bundle.ts` does it. */
export const reserveRequest = (changes: ReserveChanges = {}): GoodRequest => {
  const now = changes.now ?? NOON;
  const node = changes.node ?? "rabbit@mq-1.prod.internal";
  const { spkiSha256, names, ...plan } = {
    serial: "0a".repeat(17),
    notBefore: NOON - 300,
    notAfter: NOON + 30 * DAY,
    renewAfter: NOON + 20 * DAY,
    spkiSha256: "a1".repeat(32),
    names: ["DNS:mq-1.prod.internal"],
    tbs: new Uint8Array([0x30, 0x03, 0x02, 0x01, 0x00]),
    ...changes.plan,
  };
  const credential = {
    kind: "token",
    id: `jti:${"0".repeat(32)}`,
    uses: 1,
    binding: { kind: "first-use" } as const,
    expiresAt: NOON + 3600,
    mayBind: true,
    namesNode: true,
    holder: `key:${spkiSha256}`,
    ...changes.credential,
  };
  return {
    snapshotId: "c".repeat(64),
    issuer: { nameHash: "0badcafe", spkiSha256: "d".repeat(64) },
    host: "mq-1.prod.internal",
    exclusivePorts: [],
    dryRun: false,
    early: false,
    graceUses: 1,
    root: "e".repeat(64),
    trustedRoots: ["e".repeat(64)],
    ...changes,
    now,
    node,
    spkiSha256,
    names,
    plan: { ok: true, value: plan },
    credential,
  };
};

/** What completes the plan of a request. */
export const completionOf = ({ now, plan }: GoodRequest, chain = "chain"): CompleteRequest => ({
  now,
  serial: plan.value.serial,
  sha256: "5".repeat(64),
  chain,
});

export const issued = (changes: Partial<IssuedCertificate> = {}): IssuedCertificate => ({
  serial: "0a".repeat(17),
  notBefore: NOON - 300,
  notAfter: NOON + 30 * DAY,
  renewAfter: NOON + 20 * DAY,
  sha256: "b2".repeat(32),
  chain: "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
  names: ["DNS:mq-1.prod.internal"],
  ...changes,
});
