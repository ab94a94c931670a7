import { join } from "node:path";
import { X509Certificate } from "node:crypto";
import { expect, it } from "vitest";
import { makeCsr } from "../support/csr.ts";
import { rabbitDefinition } from "../support/deployment.ts";
import { motoServer } from "../support/moto.ts";
import { requireOrSkip } from "../support/requirements.ts";
import { startRotatingCluster, type RotatingCluster } from "../support/rotating-cluster.ts";

interface Reply {
  readonly chain: string;
  readonly caBundle: string;
  readonly caGeneration: number;
}

const certificates = (pem: string): readonly X509Certificate[] =>
  (pem.match(/-----BEGIN[^]*?-----END CERTIFICATE-----/g) ?? []).map((one) => new X509Certificate(one));

const issuerOf = ({ chain }: Reply): X509Certificate => {
  const issuer = certificates(chain)[1];
  if (issuer === undefined) throw new Error("a chain has a leaf and an intermediate");
  return issuer;
};

requireOrSkip("Secrets Manager", motoServer)("A root's rotation while nodes keep asking", () => {
  it("refuses nobody, and every reply is of exactly one generation", async () => {
    await using site = await startRotatingCluster("mq", rabbitDefinition());
    let over = false;
    const load = Promise.all([0, 1, 2].map((asker) => askUntil(site, asker, () => over)));
    const root = join(site.folder, "mq.root");
    const steps = [
      ["publish", "--out", site.folder],
      ["sign", "--force", "--root", `${root}.pem`, "--root-key", `${root}.key`],
      ["retire", "--force"],
    ];
    for (const [index, step] of steps.entries()) {
      const [code, said] = await site.interlock("rotate", "--step", ...step);
      expect([code, said]).toEqual([0, expect.not.stringContaining("interlock:")]);
      await site.settle(index + 2);
    }
    over = true;
    const replies = (await load).flat();

    expect(new Set(replies.map(({ caGeneration }) => caGeneration))).toEqual(new Set([1, 2, 3, 4]));
    for (const reply of replies) expect(isWhole(reply)).toBe(true);
    const seen = new Set(
      replies.map((reply) => [reply.caGeneration, issuerOf(reply).fingerprint256, reply.caBundle].join()),
    );
    expect(seen.size).toBe(4);
  });
});

/** Whether the certificates of one reply belong together: leaf below issuer, issuer below a root of the bundle. */
const isWhole = (reply: Reply): boolean => {
  const issuer = issuerOf(reply);
  const signs = (ca: X509Certificate, certificate: X509Certificate): boolean =>
    certificate.checkIssued(ca) && certificate.verify(ca.publicKey);
  const [leaf] = certificates(reply.chain);
  return (
    leaf !== undefined &&
    signs(issuer, leaf) &&
    certificates(reply.caBundle).some((root) => signs(root, issuer))
  );
};

const askUntil = async (
  { deployment }: RotatingCluster,
  asker: number,
  isOver: () => boolean,
): Promise<readonly Reply[]> => {
  const replies: Reply[] = [];
  // A node, a key and a token of its own each time, and so a new certificate.
  for (let count = 0; !isOver(); count++) {
    const node = `rabbit@load-${String(asker)}-${String(count)}.nodes.example.internal`;
    const token = await deployment.mint("mq", { exact: node });
    const reply = await deployment.askBundle("mq", node, token, (await makeCsr()).csrPem);
    expect([reply.status, node]).toEqual([201, node]);
    replies.push(await reply.json<Reply>());
  }
  return replies;
};
