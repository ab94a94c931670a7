import type { RenderSettings } from "../policy/render-settings.ts";
import type { Warning } from "./renderer.ts";

/** What works and deserves to be known. One sentence each: what happens, and what to do about it. */
const WARNINGS = {
  "tls13-only-old-peers":
    "peers whose TLS versions are not set speak TLS 1.2 only on most OTP releases and cannot connect; give every node of the cluster these files",
  "flags-tls12-only":
    "emulator flags cannot ask for TLS 1.3 on OTP 25 and 26, so these nodes may speak TLS 1.2; strategy optfile names both versions",
  "crl-refresh":
    "a revoked peer is refused once this node has the new CRL, and nobody is let in once its last one has ended: fetch crl.r0 into the folder daily (docs/operations.md)",
  "emqx-rpc-crl":
    "EMQX checks the CRL on Erlang distribution alone: a revoked peer's RPC links end with its certificate",
  "rabbitmq-wildcard-3.10.8":
    "the certificate has a wildcard: RabbitMQ before 3.10.8 cannot read the match function in the option file and replicates streams in plain text",
  "rabbitmq-inet6-streams":
    "the host is an IPv6 address: RabbitMQ replicates streams over TLS with IPv4 distribution only, so streams stay plain text",
  "windows-tools-cookie":
    "the cookie file is the service's: copy it to the home folder of each user who runs command line tools",
  "rabbitmq-proxy-guest":
    "behind a proxy RabbitMQ takes remote clients of its management plugin, and of MQTT in some versions, for local ones, so the rule that guest may log in from the loopback alone protects nothing; delete the user guest",
  "emqx-offset-wraps":
    "EMQX takes the number at the end of the name modulo 60000, so this node has the ports of a lower number; use numbers up to 59999",
  "emqx-inet6-5.4": "the host is an IPv6 address: EMQX distributes over TLS and IPv6 since 5.4",
  "emqx-tls-versions-5.4": "EMQX knows rpc.tls_versions since 5.4; an older one does not start with it",
  "mongooseim-cookie-once":
    "Erlang ignores a cookie that is set twice: remove -setcookie from the vm.args beside this vm.dist.args",
  "arguments-once":
    "Erlang takes the first of two node names, and ignores a cookie that is set twice: remove -name, -sname and -setcookie from the release's own arguments",
} as const satisfies Record<string, string>;

export type WarningCode = keyof typeof WARNINGS;

/** `false` stands for a warning whose condition does not hold. */
export const warn = (...codes: readonly (WarningCode | false)[]): readonly Warning[] =>
  codes.filter((code) => code !== false).map((code) => ({ code, detail: WARNINGS[code] }));

/** What the choice of strategy and versions means to any product's nodes. */
export const tlsWarnings = ({ strategy, tlsVersions, revocation }: RenderSettings): readonly Warning[] =>
  warn(
    strategy === "flags" && "flags-tls12-only",
    !tlsVersions.includes("1.2") && "tls13-only-old-peers",
    revocation === "file" && "crl-refresh",
  );
