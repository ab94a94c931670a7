import * as z from "zod";
import { isRevocationReason, REVOCATION_REASONS } from "../pki/revocation-reason.ts";
import { ok, type Result } from "../result.ts";
import { API_HELP, API_OPTIONS, postAsAdministrator } from "./api.ts";
import { command, misused, refused, type Complaint, type Outcome } from "./command.ts";

const REASONS = Object.keys(REVOCATION_REASONS).join(", ");

const HELP = `interlock revoke --cluster NAME (--serial S | --node NODE | --all) [--reason R] --url URL

Revokes certificates: they renew no more from now on, and are on the next CRL. The serials go to stdout, one a line. Again: the
same answer. Links that are up stay up until they are made anew.

  --cluster NAME     which cluster
  --serial S         one certificate, as the ledger or \`openssl x509 -noout -serial\` has it
  --node NODE        every certificate of a node: rabbit@mq-1.nodes.example.internal
  --all              every certificate of the cluster
  --reason R         ${REASONS}
                     keyCompromise bars the key for ever; any other frees the node's name
${API_HELP}
  ADMIN_TOKEN=… interlock revoke --cluster rabbit-prod --node rabbit@mq-1.nodes.example.internal --reason cessationOfOperation --url https://interlock.example.com
`;

const OPTIONS = {
  ...API_OPTIONS,
  cluster: { type: "string" },
  serial: { type: "string" },
  node: { type: "string" },
  all: { type: "boolean", default: false },
  reason: { type: "string", default: "unspecified" },
} as const;

interface Values {
  readonly cluster?: string | undefined;
  readonly serial?: string | undefined;
  readonly node?: string | undefined;
  readonly all: boolean;
}

export const revoke = command({
  summary: "revoke a certificate, a node or a cluster",
  help: HELP,
  options: OPTIONS,
  run: async (values, world): Promise<Outcome> => {
    const target = targetPath(values);
    if (!target.ok) return target;
    const { reason, url } = values;
    if (!isRevocationReason(reason)) return misused(`--reason is one of ${REASONS}`);
    const call = { url, path: target.value, body: { reason } };
    const reply = await postAsAdministrator(call, serialsSchema, world);
    if (!reply.ok) return reply;
    const serials = reply.value;
    return serials.length === 0
      ? refused("the ledger knows no certificate of that; nothing was revoked")
      : ok({ product: serials.map((serial) => `${serial}\n`).join(""), notes: notes(serials, reason) });
  },
});

const targetPath = ({ cluster, serial, node, all }: Values): Result<readonly string[], Complaint> => {
  if (cluster === undefined) return misused("name the cluster: --cluster rabbit-prod");
  const base = ["v1", "clusters", cluster];
  const targets = [
    ...(serial === undefined ? [] : [[...base, "certificates", ledgerSerial(serial), "revoke"]]),
    ...(node === undefined ? [] : [[...base, "nodes", node, "revoke"]]),
    ...(all ? [[...base, "revoke"]] : []),
  ];
  const [target, another] = targets;
  return target === undefined || another !== undefined
    ? misused("say what to revoke: one of --serial, --node and --all")
    : ok(target);
};

/** The ledger's form, lower-case hex, of what OpenSSL prints: `serial=0A0B` (`-serial`), `0a:0b` (`-text`). */
const ledgerSerial = (printed: string): string =>
  printed
    .replace(/^serial=/, "")
    .replaceAll(":", "")
    .toLowerCase();

const serialsSchema = z.union([
  z.object({ revoked: z.array(z.string()) }).transform(({ revoked }) => revoked),
  z.object({ serial: z.string() }).transform(({ serial }) => [serial]),
]);

const notes = (serials: readonly string[], reason: string): readonly string[] => [
  `revoked: ${String(serials.length)}, as ${reason}`,
  "where nodes check a CRL, have them fetch it now: docs/operations.md",
];
