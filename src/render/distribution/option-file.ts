import type { InstallPath } from "../../policy/install-path.ts";
import type { RenderedFile } from "../renderer.ts";
import {
  atom,
  block,
  call,
  integer,
  list,
  printTerm,
  string,
  tuple,
  type Term,
} from "../text/erlang-term.ts";
import type { Account } from "./tls-files.ts";
import type { DistributionTls } from "./tls.ts";

/** The option file as a product's account reads it; none where the options are flags. Nobody else writes it. */
export const optionFiles = (
  tls: DistributionTls,
  account: Account,
  comments: readonly string[],
): readonly RenderedFile[] =>
  tls.optionFile === null
    ? []
    : [
        {
          path: tls.optionFile,
          mode: "0640",
          ...account,
          content: optionFile(tls, comments),
          mergeComment: null,
        },
      ];

/**
 * The file for `-ssl_dist_optfile` (`erlang.md` §1, §14.6): one term, the same files and versions for both roles, every default
 * that differs between OTP releases written out.
 */
const optionFile = (tls: DistributionTls, comments: readonly string[]): string =>
  [
    "%% -*- coding: utf-8 -*-",
    ...comments.map((comment) => `%% ${comment}`),
    ...(tls.wildcard ? ["%% The match function lets a wildcard name match a host name."] : []),
    `${printTerm(block(role("server", serverOptions(tls)), role("client", clientOptions(tls))))}.`,
    "",
  ].join("\n");

const role = (name: string, options: readonly Term[]): Term => tuple(atom(name), block(...options));

const serverOptions = (tls: DistributionTls): readonly Term[] => [
  ...commonOptions(tls),
  // OTP before 26 lets peers without a certificate in, unless told.
  tuple(atom("fail_if_no_peer_cert"), atom("true")),
  DEPTH,
];

const clientOptions = (tls: DistributionTls): readonly Term[] => [
  ...commonOptions(tls),
  DEPTH,
  ...(tls.wildcard ? [MATCH_WILDCARDS] : []),
];

const commonOptions = ({
  cacertfile,
  certfile,
  keyfile,
  versions,
  crldir,
}: DistributionTls): readonly Term[] => [
  tuple(atom("cacertfile"), string(cacertfile)),
  tuple(atom("certfile"), string(certfile)),
  tuple(atom("keyfile"), string(keyfile)),
  tuple(atom("versions"), list(...versions.map((version) => atom(`tlsv${version}`)))),
  tuple(atom("verify"), atom("verify_peer")),
  ...(crldir === null ? [] : revocationOptions(crldir)),
];

/**
 * `peer` checks the leaf; `true` would want the root's CRL as well. The folder is read at every handshake (`erlang.md` §12, §14.9): without
 * a CRL that has not ended, nobody is let in.
 */
const revocationOptions = (crldir: InstallPath): readonly Term[] => [
  tuple(atom("crl_check"), atom("peer")),
  tuple(
    atom("crl_cache"),
    tuple(atom("ssl_crl_hash_dir"), tuple(atom("internal"), list(tuple(atom("dir"), string(crldir))))),
  ),
];

/** Counts intermediates: room for one and a cross-certificate. */
const DEPTH = tuple(atom("depth"), integer(2));

/** Allowed in `client` alone; in `server` it refuses everyone, silently (`erlang.md` §1). */
const MATCH_WILDCARDS = tuple(
  atom("customize_hostname_check"),
  list(tuple(atom("match_fun"), call("public_key", "pkix_verify_hostname_match_fun", atom("https")))),
);
