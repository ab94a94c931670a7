import { fileIn } from "../../policy/install-path.ts";
import { erlFlag } from "../text/erl-flag.ts";
import { printVmArgs } from "../text/vm-args.ts";
import { cookieFlag, listenFlags, releaseFile, tlsFlags, type ReleaseFiles } from "./release.ts";

/** A release of relx, or anything that takes `-args_file`: `vm.args` (`erlang.md` §14.6). */
export const vmArgsFiles: ReleaseFiles = (release) => {
  const { node, settings } = release.request;
  const content = printVmArgs([
    "TLS between nodes. The release must contain the ssl application.",
    erlFlag(node.long ? "name" : "sname", [node.text]),
    ...cookieFlag(release.cookie),
    ...tlsFlags(release.tls),
    ...listenFlags(release),
  ]);
  return [releaseFile(release, fileIn(settings.configDir, "vm.args"), content, "#")];
};
