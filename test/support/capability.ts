import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { lowerRoot } from "./machines.ts";
import { UNSHARE } from "./namespace.ts";
import type { Capability } from "./requirements.ts";

/** What the machines of a suite must have installed, below their lower root. */
const PROGRAMS = {
  "agent-nodes": ["usr/bin/curl", "usr/bin/openssl", "usr/bin/dash", "usr/bin/busybox"],
  "agent-clusters": [
    "usr/bin/curl",
    "usr/bin/openssl",
    "usr/bin/erl",
    "usr/lib/rabbitmq/bin/rabbitmq-server",
  ],
  "evidence-nodes": [
    "usr/bin/curl",
    "usr/bin/openssl",
    "usr/bin/dash",
    "usr/bin/busybox",
    "usr/bin/base32",
    "usr/bin/python3",
  ],
  "erlang-nodes": ["usr/bin/erl", "usr/bin/openssl"],
  "rabbitmq-servers": ["usr/bin/erl", "usr/lib/rabbitmq/bin/rabbitmq-server"],
  proxies: [
    "usr/sbin/haproxy",
    "usr/sbin/nginx",
    "usr/lib/nginx/modules/ngx_stream_module.so",
    "usr/lib/rabbitmq/bin/rabbitmq-server",
  ],
  documentation: [
    "usr/bin/curl",
    "usr/bin/openssl",
    "usr/bin/systemd-analyze",
    "usr/sbin/nginx",
    "usr/bin/git",
    "usr/bin/jq",
    "usr/sbin/nft",
  ],
  firewalls: ["usr/sbin/nft", "usr/bin/busybox"],
} as const;

/** Whether machines with these programs can be started here: tried, not guessed. */
export const capability = (name: keyof typeof PROGRAMS, lower = lowerRoot()): Capability => {
  const absent = PROGRAMS[name].find((program) => !existsSync(join(lower, program)));
  if (absent !== undefined) return missing(`there is no ${absent} in ${lower}`);
  if (process.getuid?.() !== 0) return missing("machines of its own take root");
  return boots("machine.sh", lower, "probe") ?? boots("network.sh") ?? { available: true };
};

const missing = (why: string): Capability => ({ available: false, why });

/** A namespace whose input is at its end from the start is ready and gone at once. */
const boots = (script: string, ...args: readonly string[]): Capability | null => {
  const [program, ...flags] = UNSHARE;
  const path = join(import.meta.dirname, script);
  const { status, error, stderr } = spawnSync(program, [...flags, path, ...args], {
    input: "",
    timeout: 10_000,
  });
  return status === 0
    ? null
    : missing(`${script} does not run: ${error?.message ?? stderr.toString().trim()}`);
};
