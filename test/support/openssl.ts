import { spawnSync } from "node:child_process";
import { requireOrSkip } from "./requirements.ts";

/** The `describe` of suites that ask OpenSSL for its opinion. */
export const describeOpenssl = requireOrSkip("openssl", () =>
  spawnSync("openssl", ["version"]).status === 0
    ? { available: true }
    : { available: false, why: "there is no openssl command" },
);
