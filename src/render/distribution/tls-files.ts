import { fileIn, type InstallPath } from "../../policy/install-path.ts";
import type { RenderSettings } from "../../policy/render-settings.ts";
import type { FileAttributes, Rendering } from "../renderer.ts";
import { shellQuote } from "../text/shell.ts";

/** The system user and group that a product runs as. */
export interface Account {
  readonly owner: string;
  readonly group: string;
}

/** What the configuration names. */
export interface TlsPaths {
  readonly certfile: InstallPath;
  readonly keyfile: InstallPath;
  readonly cacertfile: InstallPath;
  /** The folder of the CRLs; `null`: nobody looks whether a peer is revoked. */
  readonly crldir: InstallPath | null;
}

type InstalledTls = Pick<Rendering, "certificate" | "caBundle" | "privateKey" | "combined" | "crlFolder"> & {
  readonly paths: TlsPaths;
  readonly prepare: readonly string[];
};

/** The certificate, the key and the CA bundle of a node: where they go, who reads them, and how a combined file is made. */
export const tlsFiles = (
  { certsDir, combined, revocation }: RenderSettings,
  account: Account,
): InstalledTls => {
  const certfile = fileIn(certsDir, "node.pem");
  const keyfile = fileIn(certsDir, "node_key.pem");
  const cacertfile = fileIn(certsDir, "ca.pem");
  const both = fileIn(certsDir, "combined.pem");
  const crldir = revocation === "file" ? fileIn(certsDir, "crls") : null;
  return {
    certificate: readable(certfile, account),
    caBundle: readable(cacertfile, account),
    privateKey: secret(keyfile, account),
    combined: combined ? secret(both, account) : null,
    crlFolder: crldir === null ? null : readable(crldir, account),
    // RabbitMQ wants the key named even when it is in the certificate's file (`erlang.md` §7).
    paths: { ...(combined ? { certfile: both, keyfile: both } : { certfile, keyfile }), cacertfile, crldir },
    prepare: combined ? [combine(certfile, keyfile, both)] : [],
  };
};

const readable = (path: InstallPath, account: Account): FileAttributes => ({
  path,
  mode: "0644",
  ...account,
});

const secret = (path: InstallPath, account: Account): FileAttributes => ({ path, mode: "0600", ...account });

/**
 * The copy has the key's own owner and mode before it has the key, and is made in a folder of our own: the folder of the files
 * may belong to the product's user, who must not make root write elsewhere. Its modification time is the moment's: Erlang never
 * notices a file with an older one (`erlang.md` §11).
 */
const combine = (certfile: InstallPath, keyfile: InstallPath, both: InstallPath): string => {
  const [certificate, key, target, drafts] = [certfile, keyfile, both, `${both}.XXXXXX`].map(shellQuote);
  const fill = `[ -O . ] && cp -p ${key} file && cat ${certificate} ${key} > file && mv -f file ${target}`;
  return `(umask 077 && draft=$(mktemp -d ${drafts}) && (cd "$draft" && ${fill}) && rmdir "$draft")`;
};
