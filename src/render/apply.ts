import { sha256Hex } from "../bytes.ts";
import type { Rendering } from "./renderer.ts";

/** What has to happen on the node for a bundle to take effect, once its files are in place. */
export interface Apply {
  /** Shell commands that make files of the node's own, such as one of certificate and key. Also after a change of the certificate alone. */
  readonly prepare: readonly string[];
  /** `none`: new handshakes use the files within two minutes, and links stay up. `restart`: what is read at boot has changed. */
  readonly effect: "none" | "restart";
  /** What the effect takes, in this order. */
  readonly commands: readonly string[];
  /** What a restart takes, also where none is needed. Empty where the product has no command of its own. */
  readonly restart: readonly string[];
  /** What the node is configured with, as one digest: a caller that sends it as `have` is told whether it has changed. */
  readonly configuration: string;
  readonly detail: string;
}

/** What is known of the node that gets a bundle. */
export interface NodeBefore {
  /** `configuration` of the last bundle that it applied; `null` where it does not say. */
  readonly have: string | null;
  /** Whether it runs with a certificate of ours: its proof of possession says so. */
  readonly running: boolean;
}

/**
 * Erlang reads the option file, the flags and the environment once, at boot, and certificate, key and CA bundle anew every two minutes
 * (`erlang.md` §11). So only another configuration needs a restart, and only the node knows which one it has.
 */
export const applyTo = async (rendering: Rendering, { have, running }: NodeBefore): Promise<Apply> => {
  const { prepare, commands } = rendering.apply;
  const configuration = await configurationDigest(rendering);
  const [effect, detail] = effectOn(have, running, configuration);
  return {
    prepare,
    effect,
    commands: effect === "restart" ? commands : [],
    restart: commands,
    configuration,
    detail,
  };
};

const effectOn = (
  have: string | null,
  running: boolean,
  configuration: string,
): readonly [Apply["effect"], detail: string] => {
  if (have !== null) return have === configuration ? UNCHANGED : CHANGED;
  return running ? PRESUMED : FIRST;
};

const SOON =
  "give the files new modification times: new handshakes use them within two minutes, and links stay up";

const UNCHANGED = ["none", `only certificate files have changed; ${SOON}`] as const;
const CHANGED = [
  "restart",
  "the configuration has changed since have: it is read when the node starts",
] as const;
const FIRST = ["restart", "the configuration is read when the node starts"] as const;
const PRESUMED = [
  "none",
  `if the node runs with these very configuration files, ${SOON}; otherwise restart it. Send have=<configuration of the last reply> to be told which`,
] as const;

/** Of the files that are read at boot: where they are and what is in them. Certificate, CA bundle and CRLs are none of these. */
const configurationDigest = ({ files }: Rendering): Promise<string> =>
  sha256Hex(JSON.stringify(files.map(({ path, content }) => [path, content])));
