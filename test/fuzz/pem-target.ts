import { equalBytes, utf8 } from "../../src/bytes.ts";
import { joinBase64, pemLabels, readPem, writePem, type PemBlock } from "../../src/pki/pem.ts";
import { inText, type Seed } from "./mutations.ts";
import type { Outcome, Target } from "./target.ts";

/** Armoured text. What is accepted holds what any reader finds in it, and is read again when it is written again. */
export const pemTarget = (): Target => {
  const seeds = [0, 1, 47, 48, 49, 500].flatMap((length): readonly Seed[] => {
    const bytes = new Uint8Array(length + 1).map((_, i) => (i * 7) % 256);
    const block = writePem("CERTIFICATE", bytes);
    const chain = `${block}${writePem("X509 CRL", bytes.toReversed())}${block}`;
    return [block, chain].map((text, n) => ({ id: `${length}-${n}`, body: utf8(text), nodes: null }));
  });
  return {
    cases: inText(seeds, "").map(({ seed, body, operators }) => ({ body, operators, seed: seed.id })),
    judge: ({ body }) => Promise.resolve(judge(new TextDecoder().decode(body))),
    reach: ["refused", "0", "1", "3"],
  };
};

const judge = (text: string): Outcome => {
  pemLabels(text);
  const bare = joinBase64(text);
  if (bare !== null && !equalBytes(bare, Buffer.from(text, "base64")))
    throw new Error("bare base64 of another value");
  const [strict, lenient] = [readPem(text, "blank"), readPem(text, "text")];
  if (strict.ok && !(lenient.ok && sameBlocks(strict.value, lenient.value)))
    throw new Error("text before the first block, or none, gives other blocks");
  if (!lenient.ok) return { code: "refused", sentence: lenient.error };
  const blocks = lenient.value;
  if (!sameBlocks(blocks, blocksByPattern(text))) throw new Error("another reader finds other blocks");
  const again = readPem(blocks.map(({ label, der }) => writePem(label, der)).join(""), "blank");
  if (!(again.ok && sameBlocks(blocks, again.value))) throw new Error("written again, it reads otherwise");
  return { code: String(blocks.length), sentence: blocks.map(({ label }) => label).join() };
};

const sameBlocks = (a: readonly PemBlock[], b: readonly PemBlock[]): boolean =>
  a.length === b.length && a.every(({ label, der }, i) => label === b[i]?.label && equalBytes(der, b[i].der));

/** Forgiving, as most readers are. */
const blocksByPattern = (text: string): readonly PemBlock[] =>
  [...text.matchAll(/-----BEGIN ([^-]*)-----([^-]*)-----END \1-----/g)].map(([, label = "", body = ""]) => ({
    label,
    der: Uint8Array.from(Buffer.from(body, "base64")),
  }));
