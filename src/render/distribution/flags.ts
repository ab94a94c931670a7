import { erlFlag, type ErlFlag } from "../text/erl-flag.ts";
import type { DistributionTls } from "./tls.ts";

type Role = "server" | "client";

interface FlagOption {
  readonly key: string;
  readonly value: string;
  readonly roles: readonly Role[];
}

const BOTH: readonly Role[] = ["server", "client"];

/** `-proto_dist`, and the option file where there is one. */
export const protocolFlags = ({ protocol, optionFile }: DistributionTls): readonly ErlFlag[] => [
  erlFlag("proto_dist", [protocol]),
  ...(optionFile === null ? [] : [erlFlag("ssl_dist_optfile", [optionFile])]),
];

/** Mutual TLS in the keys that every OTP from 25 takes as flags (`erlang.md` §6). */
const options = ({ certfile, keyfile, cacertfile }: DistributionTls): readonly FlagOption[] => [
  { key: "certfile", value: certfile, roles: BOTH },
  { key: "keyfile", value: keyfile, roles: BOTH },
  { key: "cacertfile", value: cacertfile, roles: BOTH },
  { key: "verify", value: "verify_peer", roles: BOTH },
  { key: "fail_if_no_peer_cert", value: "true", roles: ["server"] },
  { key: "depth", value: "2", roles: BOTH },
];

const pair = (role: Role, { key, value }: Pick<FlagOption, "key" | "value">): readonly string[] => [
  `${role}_${key}`,
  value,
];

/**
 * One `-ssl_dist_opt` a pair, the server's first. RabbitMQ does not boot with more than two pairs behind one flag
 * (`erlang.md` §7), and every Erlang takes the flag repeated.
 */
export const separateTlsFlags = (tls: DistributionTls): readonly ErlFlag[] =>
  BOTH.flatMap((role) =>
    options(tls)
      .filter(({ roles }) => roles.includes(role))
      .map((option) => erlFlag("ssl_dist_opt", pair(role, option))),
  );

/** One `-ssl_dist_opt` with everything, a line for each option: MongooseIM's own style. */
export const blockTlsFlag = (tls: DistributionTls): ErlFlag =>
  erlFlag(
    "ssl_dist_opt",
    ...options(tls).map((option) => option.roles.flatMap((role) => pair(role, option))),
  );
