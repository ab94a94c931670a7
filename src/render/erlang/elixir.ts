import { fileIn } from "../../policy/install-path.ts";
import { erlFlag, type ErlFlag } from "../text/erl-flag.ts";
import { shellExport } from "../text/shell.ts";
import { printVmArgs } from "../text/vm-args.ts";
import { listenFlags, releaseFile, tlsFlags, type ReleaseFiles, type ReleaseNode } from "./release.ts";

/**
 * A release of Mix (`erlang.md` §14.7): `vm.args` for the node, `remote.vm.args` for `bin/app rpc`, `remote` and `stop`, which
 * otherwise cannot connect, and `env.sh` for the node's name.
 */
export const elixirFiles: ReleaseFiles = (release) => {
  const { tls, request } = release;
  const file = (name: string, content: string) =>
    releaseFile(release, fileIn(request.settings.configDir, name), content, "#");
  return [
    file("env.sh", environment(release)),
    file("vm.args", printVmArgs([COMMENT, ...tlsFlags(tls), ...listenFlags(release)])),
    file("remote.vm.args", printVmArgs([COMMENT, ...tlsFlags(tls), ...remoteFlags(release)])),
  ];
};

const COMMENT = "TLS between nodes. The release must have :ssl in extra_applications.";

/** A remote command finds the node without epmd, and must not listen on the node's own port. */
const remoteFlags = (release: ReleaseNode): readonly ErlFlag[] =>
  release.request.settings.epmd ? [] : [...listenFlags(release), erlFlag("dist_listen", ["false"])];

const environment = ({ request: { node }, cookie }: ReleaseNode): string =>
  [
    shellExport("RELEASE_DISTRIBUTION", node.long ? "name" : "sname"),
    shellExport("RELEASE_NODE", node.text),
    ...(cookie === null ? [] : [shellExport("RELEASE_COOKIE", cookie)]),
    "",
  ].join("\n");
