import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import type { Capability } from "../requirements.ts";

/** Where npm keeps what it has fetched: a reader's machine has no network, and installs from there. */
export const NPM_CACHE = process.env["npm_config_cache"] ?? join(homedir(), ".npm");

export const npmCache = (): Capability =>
  existsSync(join(NPM_CACHE, "_cacache"))
    ? { available: true }
    : { available: false, why: `npm has fetched nothing into ${NPM_CACHE}` };
