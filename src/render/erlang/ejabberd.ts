import { fileIn } from "../../policy/install-path.ts";
import { flagWords } from "../text/erl-flag.ts";
import { shellAppend, shellAssignment } from "../text/shell.ts";
import { cookieFlag, releaseFile, tlsFlags, type ReleaseFiles } from "./release.ts";

/**
 * ejabberd (`erlang.md` §14.8): `ejabberdctl.cfg`, which a shell reads once for the server and once for each `ejabberdctl`.
 * What the file put into ERL_OPTIONS before stays.
 */
export const ejabberdFiles: ReleaseFiles = (release) => {
  const { request, tls, firstPort, lastPort, cookie } = release;
  const { node, settings } = request;
  const content = [
    `# TLS between the cluster nodes and for ejabberdctl, for ${node.text}.`,
    shellAssignment("ERLANG_NODE", [[node.text]]),
    settings.epmd
      ? shellAssignment("FIREWALL_WINDOW", [[`${firstPort}-${lastPort}`]])
      : shellAssignment("ERL_DIST_PORT", [[String(firstPort)]]),
    shellAppend("ERL_OPTIONS", [...tlsFlags(tls), ...cookieFlag(cookie)].map(flagWords)),
    "",
  ].join("\n");
  return [releaseFile(release, fileIn(settings.configDir, "ejabberdctl.cfg"), content, "#")];
};
