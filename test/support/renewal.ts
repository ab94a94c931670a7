import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "./process.ts";

/** How `openssl` makes a key of each type. */
const KEYS = {
  "ec-p256": ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"],
  "ec-p384": ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-384"],
  "rsa-2048": ["-newkey", "rsa:2048"],
} as const;

export type NodeKeyType = keyof typeof KEYS;

/** A node's folder, as an operator has it: keys, requests and certificates as files, and nothing but `openssl` to work on them. */
export interface NodeFolder extends Disposable {
  readonly path: (name: string) => string;
  readonly read: (name: string) => Buffer;
  readonly write: (name: string, content: string | Uint8Array) => void;
  /** Makes `<name>_key.pem` and `<name>.csr`. */
  readonly request: (name: string, key?: NodeKeyType) => Promise<void>;
  /** The CSR of one name signed with the certificate and key of another, as a CMS message; `args` go to `openssl cms -sign`. */
  readonly sign: (csr: string, signer: string, args?: readonly string[]) => Promise<Buffer>;
}

export const nodeFolder = (): NodeFolder => {
  const folder = mkdtempSync(join(tmpdir(), "interlock-node-"));
  const path = (name: string): string => join(folder, name);
  return {
    path,
    read: (name) => readFileSync(path(name)),
    write: (name, content) => writeFileSync(path(name), content),
    request: async (name, key = "ec-p256") => {
      const [keyFile, csr] = [path(`${name}_key.pem`), path(`${name}.csr`)];
      await run([
        "openssl",
        "req",
        "-new",
        ...KEYS[key],
        "-nodes",
        "-subj",
        "/",
        "-keyout",
        keyFile,
        "-out",
        csr,
      ]);
    },
    sign: async (csr, signer, args = ["-outform", "PEM"]) => {
      const out = path("proof");
      const files = [
        "-signer",
        path(`${signer}.pem`),
        "-inkey",
        path(`${signer}_key.pem`),
        "-in",
        path(`${csr}.csr`),
      ];
      await run(["openssl", "cms", "-sign", "-binary", "-nodetach", ...files, ...args, "-out", out]);
      return readFileSync(out);
    },
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  };
};
