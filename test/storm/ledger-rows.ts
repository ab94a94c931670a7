import * as z from "zod";
import type { Deployment } from "../support/deployment.ts";

const rowSchema = z.object({
  serial: z.string(),
  node: z.string(),
  state: z.enum(["reserved", "valid", "expired", "revoked"]),
  sha256: z.string().nullable(),
  spkiSha256: z.string(),
  notAfter: z.string(),
});

const pageSchema = z.object({ certificates: z.array(rowSchema), next: z.string().nullable() });

/** A certificate as the administrator's list has it. */
export type LedgerRow = z.infer<typeof rowSchema> & { readonly cluster: string };

/** The whole ledger of a cluster, page by page. */
export const readLedger = async (
  { administer }: Pick<Deployment, "administer">,
  cluster: string,
): Promise<readonly LedgerRow[]> => {
  const rows: LedgerRow[] = [];
  let cursor: string | null = "";
  while (cursor !== null) {
    const reply = await administer(
      `/v1/clusters/${cluster}/certificates?limit=1000${cursor === "" ? "" : `&cursor=${cursor}`}`,
    );
    const page = pageSchema.parse(await reply.json());
    rows.push(...page.certificates.map((row) => ({ ...row, cluster })));
    cursor = page.next;
  }
  return rows;
};
