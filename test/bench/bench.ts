/**
 * `npm run bench`: what the larger pieces of work cost, each as a multiple of one issuance (check a CSR, plan, lint, sign, compare)
 * in the same run. The rounds of all pieces alternate, so that whatever else the machine does falls on every one alike. Nothing is
 * asserted: a ratio is for a reader, who compares it with the one before.
 */
import { signCrl } from "../../src/pki/crl.ts";
import { verifyCsr, type CsrExpectation } from "../../src/pki/csr.ts";
import { readMessage } from "../../src/pki/envelope.ts";
import { signCertificate } from "../../src/pki/sign.ts";
import { makeAuthority, makeIssuingCa, NOW } from "../pki/support/authority.ts";
import { makeOrder, makePlan } from "../pki/support/order.ts";
import { HOST, makeRequest } from "../pki/support/request.ts";
import { makeMessage } from "../pki/support/signed-message.ts";
import { makeKeyPair } from "../pki/support/web-crypto.ts";

const ROUNDS = 25;
const WARM_UP = 5;

interface Piece {
  readonly name: string;
  readonly work: () => Promise<unknown>;
}

const ca = await makeIssuingCa();
const csr = await makeRequest(await makeKeyPair("P-256"));
const order = await makeOrder(ca);
const expectation: CsrExpectation = {
  host: HOST,
  names: order.names,
  keys: new Set(["ec-p256"]),
  blockedKeys: new Set(),
  caSpkiSha256: "0".repeat(64),
};
const proof = await makeMessage(await makeAuthority());

const issue = async (): Promise<void> => {
  const key = await verifyCsr(csr, expectation);
  if (!key.ok) throw new Error(key.error.detail);
  const { tbs } = await makePlan({ ...order, key: key.value });
  await signCertificate(tbs, ca);
};

const readProof = (): Promise<unknown> => {
  const message = readMessage(proof);
  if (message?.ok !== true) throw new Error("the proof does not read");
  return Promise.resolve(message.value);
};

const crlOf = (entries: number): Piece => {
  const revoked = Array.from({ length: entries }, (_, n) => ({
    serial: `8f${n.toString(16).padStart(32, "0")}`,
    revokedAt: NOW,
    reason: "superseded" as const,
  }));
  const content = { number: NOW, thisUpdate: NOW, nextUpdate: NOW + 604_800, revoked };
  return { name: `CRL of ${entries.toLocaleString("en")}`, work: () => signCrl(content, ca) };
};

const pieces: readonly Piece[] = [
  { name: "one issuance", work: issue },
  { name: "reading a renewal's CMS", work: readProof },
  ...[0, 1_000, 10_000].map(crlOf),
];

const millisecondsOf = async ({ work }: Piece): Promise<number> => {
  const began = performance.now();
  await work();
  return performance.now() - began;
};

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

const samples = pieces.map((): number[] => []);
for (let round = -WARM_UP; round < ROUNDS; round += 1) {
  for (const [index, piece] of pieces.entries()) {
    const milliseconds = await millisecondsOf(piece);
    if (round >= 0) samples[index]?.push(milliseconds);
  }
}

const medians = samples.map(median);
const [unit = Number.NaN] = medians;
console.log(`${"".padEnd(26)}${"issuances".padStart(12)}${"ms here".padStart(12)}`);
for (const [index, { name }] of pieces.entries()) {
  const milliseconds = medians[index] ?? Number.NaN;
  const ratio = (milliseconds / unit).toFixed(2);
  console.log(`${name.padEnd(26)}${ratio.padStart(12)}${milliseconds.toFixed(2).padStart(12)}`);
}
