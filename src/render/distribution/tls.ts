import { ok, type Result } from "../../result.ts";
import { refuse, type Refusal } from "../../refusal.ts";
import type { InstallPath } from "../../policy/install-path.ts";
import type { TlsVersion } from "../../policy/render-settings.ts";
import type { RenderRequest } from "../renderer.ts";
import type { TlsPaths } from "./tls-files.ts";

/** TLS between nodes, whatever form it takes. Every node dials and accepts, so both roles have all of it (`erlang.md` §0, 13). */
export interface DistributionTls extends TlsPaths {
  /** Erlang's name of the distribution protocol. An IPv6 literal needs its own. */
  readonly protocol: "inet_tls" | "inet6_tls";
  readonly versions: readonly TlsVersion[];
  /** Some name in a certificate of the cluster is a wildcard, which no dialling node matches unasked (`erlang.md` §2). */
  readonly wildcard: boolean;
  /** `null`: the options are flags. */
  readonly optionFile: InstallPath | null;
}

/** Refuses what flags cannot say: how a wildcard matches. */
export const distributionTls = (
  { node, settings, wildcard }: RenderRequest,
  paths: TlsPaths,
  optionFile: InstallPath,
): Result<DistributionTls, Refusal> => {
  const flags = settings.strategy === "flags";
  if (flags && wildcard) {
    return refuse({
      code: "option-invalid",
      field: "strategy",
      detail:
        "the certificate has a wildcard name, which nodes match only with an option file; use strategy optfile",
    });
  }
  return ok({
    ...paths,
    protocol: node.host.kind === "ip" && node.host.octets.length === 16 ? "inet6_tls" : "inet_tls",
    versions: settings.tlsVersions,
    wildcard,
    optionFile: flags ? null : optionFile,
  });
};
