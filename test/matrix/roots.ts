import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** A Debian release as a directory that machines can have as their `/`. */
export interface Root {
  readonly release: Release;
  readonly directory: string;
  /** As in `25.2.3`. */
  readonly otp: string;
  readonly rabbitmq: string;
}

/** Debian 12, 13 and the next one: an OTP and a RabbitMQ of each generation that is in use. */
export const RELEASES = ["bookworm", "trixie", "forky"] as const;
export type Release = (typeof RELEASES)[number];

const PACKAGES =
  "erlang-base,erlang-ssl,erlang-crypto,erlang-public-key,erlang-inets,rabbitmq-server,openssl,curl,locales-all";
const MIRROR = "http://deb.debian.org/debian";
const SCRIPTS = "/usr/share/debootstrap/scripts";

/** The release's root below `cache`, made by debootstrap unless it is there already, with these packages. */
export const findOrMakeRoot = (release: Release, cache: string): Root => {
  const directory = join(cache, release);
  const finished = `${directory}.done`;
  if (!existsSync(finished) || readFileSync(finished, "utf8") !== PACKAGES) {
    rmSync(directory, { recursive: true, force: true });
    mkdirSync(cache, { recursive: true });
    debootstrap(release, directory);
    writeFileSync(finished, PACKAGES);
  }
  return { release, directory, otp: otpVersion(directory), rabbitmq: rabbitmqVersion(directory) };
};

const debootstrap = (release: Release, directory: string): void => {
  const script = [release, "sid"].map((name) => join(SCRIPTS, name)).find((path) => existsSync(path));
  if (script === undefined) throw new Error("debootstrap is not installed: apt-get install debootstrap");
  const options = ["--variant=minbase", `--include=${PACKAGES}`];
  // In a mount namespace of its own: what it mounts goes with it, also when it is killed.
  const command = ["--mount", "debootstrap", ...options, release, directory, MIRROR, script];
  execFileSync("unshare", command, { stdio: ["ignore", "inherit", "inherit"] });
};

const otpVersion = (root: string): string => {
  const releases = join(root, "usr/lib/erlang/releases");
  const version = readdirSync(releases)
    .map((name) => join(releases, name, "OTP_VERSION"))
    .find((path) => existsSync(path));
  if (version === undefined) throw new Error(`there is no OTP in ${root}`);
  return readFileSync(version, "utf8").trim();
};

const rabbitmqVersion = (root: string): string => {
  const prefix = "rabbitmq_server-";
  const folder = readdirSync(join(root, "usr/lib/rabbitmq/lib")).find((name) => name.startsWith(prefix));
  if (folder === undefined) throw new Error(`there is no RabbitMQ in ${root}`);
  return folder.slice(prefix.length);
};
