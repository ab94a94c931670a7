import { readFileSync } from "node:fs";
import type { Machine } from "./machine.ts";
import type { Outcome } from "./process.ts";

const UNIT = readFileSync("infra/systemd/interlock-renew.service", "utf8");

const setting = (name: string): string => {
  const [, value] = new RegExp(`^${name}=(.+)$`, "m").exec(UNIT) ?? [];
  if (value === undefined) throw new Error(`the unit has no ${name}`);
  return value;
};

/** As `setpriv` writes them: `CAP_CHOWN` is `chown`. */
const capabilities = setting("CapabilityBoundingSet")
  .split(" ")
  .map((name) => `+${name.replace("CAP_", "").toLowerCase()}`);

/** `ProtectSystem=full` and `ReadWritePaths=/etc`, in a mount namespace of its own. */
const PROTECT = `
umask "$1"; shift
mount --rbind /usr /usr
mount -o remount,bind,ro /usr
exec "$@"
`;

/**
 * Runs the `ExecStart` of `interlock-renew.service`, as systemd does where the unit says what could stand in the agent's way: with
 * these capabilities and no more, this umask, and a read-only `/usr`.
 */
const runRenewalService = (machine: Machine): Promise<Outcome> => {
  const bound = ["--bounding-set", ["-all", ...capabilities].join(","), "--no-new-privs"];
  const service = ["setpriv", ...bound, ...setting("ExecStart").split(" ")];
  return machine.attempt([
    ..."unshare --mount sh -eu -c".split(" "),
    PROTECT,
    "sh",
    setting("UMask"),
    ...service,
  ]);
};

/** The same, though nothing is due: with `force=yes` in the settings that the service reads. */
export const runRenewalServiceNow = async (machine: Machine): Promise<Outcome> => {
  const settings = "/etc/interlock/agent.conf";
  await machine.exec(["sed", "-i", "$aforce=yes", settings]);
  const outcome = await runRenewalService(machine);
  await machine.exec(["sed", "-i", "/^force=/d", settings]);
  return outcome;
};
