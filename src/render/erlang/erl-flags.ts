import { fileIn } from "../../policy/install-path.ts";
import { envFileLine } from "../text/env-file.ts";
import { flagWords } from "../text/erl-flag.ts";
import { cookieFlag, listenFlags, releaseFile, tlsFlags, type ReleaseFiles } from "./release.ts";

/**
 * Whatever starts `erl`: the variable ERL_FLAGS. The name stays where it is, because every `erl` with this variable would
 * take it.
 */
export const erlFlagsFiles: ReleaseFiles = (release) => {
  const flags = [...tlsFlags(release.tls), ...listenFlags(release), ...cookieFlag(release.cookie)];
  const content = [
    `# TLS between nodes, for ${release.request.node.text}: start it under this name, with this variable and none of ERL_AFLAGS and ERL_ZFLAGS.`,
    envFileLine("ERL_FLAGS", flags.flatMap(flagWords).join(" ")),
    "",
  ].join("\n");
  return [
    releaseFile(release, fileIn(release.request.settings.configDir, "inter_node_tls.env"), content, null),
  ];
};
