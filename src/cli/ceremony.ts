// oxlint-disable-next-line import/no-unassigned-import -- @peculiar/x509 needs the polyfill, and needs it first
import "reflect-metadata";
import * as x509 from "@peculiar/x509";
import { err, ok, type Result } from "../result.ts";
import {
  makeIssuing,
  makeRoot,
  type Ca,
  type CeremonyRequest,
  type IssuingRequest,
} from "./ca-certificates.ts";
import { algorithmOfKey } from "./ca-keys.ts";

/** PEM, the key as PKCS#8. */
export interface CaPair {
  readonly certificate: string;
  readonly privateKey: string;
}

/**
 * Makes one cluster's CA: a root to keep offline, and the intermediate that issues (path length 0, so it signs nodes and nothing
 * else). Neither has an extended key usage, and no address is constrained: Erlang refuses the one and dies of the other (`erlang.md` §0).
 */
export const holdCeremony = async (
  request: CeremonyRequest,
): Promise<{ readonly root: CaPair; readonly issuing: CaPair }> => {
  const root = await makeRoot(request);
  return { root: await exportPair(root), issuing: await exportPair(await makeIssuing(root, request)) };
};

/** A root alone, to follow the one that is there. */
export const holdRootCeremony = async (request: CeremonyRequest): Promise<CaPair> =>
  exportPair(await makeRoot(request));

/**
 * Signs a new issuing CA with the root of an earlier ceremony. Refuses, with a sentence, what is no such root and a lifetime beyond the
 * root's. That the root's key and certificate belong together is seen when the secret is tested.
 */
export const renewIssuing = async (
  root: CaPair,
  request: IssuingRequest,
): Promise<Result<CaPair, string>> => {
  const ca = await importRoot(root);
  if (ca === null) return err("--root and --root-key are not the two files of an earlier interlock init");
  const end = Math.floor(ca.certificate.notAfter.getTime() / 1000);
  return request.now + request.lifetime > end
    ? err("the new CA would outlive its root: give a shorter --lifetime, or make a new root")
    : ok(await exportPair(await makeIssuing(ca, request)));
};

/** The library answers bad input with errors of several classes: here they are one. */
const importRoot = async (root: CaPair): Promise<Ca | null> => {
  try {
    const certificate = new x509.X509Certificate(root.certificate);
    const algorithm = algorithmOfKey((await certificate.publicKey.export()).algorithm);
    if (algorithm === null) return null;
    const pkcs8 = x509.PemConverter.decodeFirst(root.privateKey);
    return {
      certificate,
      algorithm,
      privateKey: await crypto.subtle.importKey("pkcs8", pkcs8, algorithm, false, ["sign"]),
    };
  } catch {
    return null;
  }
};

const exportPair = async ({ certificate, privateKey }: Ca): Promise<CaPair> => {
  const pkcs8 = await crypto.subtle.exportKey("pkcs8", privateKey);
  if (!(pkcs8 instanceof ArrayBuffer)) throw new Error("WebCrypto exports PKCS#8 as bytes");
  return {
    certificate: `${certificate.toString("pem")}\n`,
    privateKey: `${x509.PemConverter.encode(pkcs8, "PRIVATE KEY")}\n`,
  };
};
