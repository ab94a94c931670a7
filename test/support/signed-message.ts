import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "./process.ts";

export interface MessageWish {
  readonly content: string;
  /** PEM. */
  readonly certificate: string;
  readonly privateKey: string;
  /** More certificates for the bag, PEM. */
  readonly bag?: string;
  /** For `openssl cms -sign`; by default as the metadata service of EC2 does it: streamed as BER, without a certificate. */
  readonly args?: readonly string[];
}

/** A CMS message of a cloud's metadata service, in base64 of one line. The tool is not ours. */
export const signMessage = async ({
  content,
  certificate,
  privateKey,
  bag,
  args = ["-nocerts", "-stream"],
}: MessageWish): Promise<string> => {
  const folder = mkdtempSync(join(tmpdir(), "interlock-cms-"));
  const file = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  try {
    const out = join(folder, "out");
    await run([
      "openssl",
      "cms",
      "-sign",
      "-binary",
      "-nodetach",
      "-md",
      "sha256",
      "-signer",
      file("certificate.pem", certificate),
      "-inkey",
      file("key.pem", privateKey),
      ...(bag === undefined ? [] : ["-certfile", file("bag.pem", bag)]),
      "-in",
      file("content", content),
      "-outform",
      "DER",
      "-out",
      out,
      ...args,
    ]);
    return readFileSync(out).toString("base64");
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};
