import { existsSync } from "node:fs";
import { join } from "node:path";

const beside = join(import.meta.dirname, "../../../shared");

/** The shared design and test data beside the repository; `null` where it is absent, and suites that read it then skip. */
export const sharedDir: string | null = existsSync(`${beside}/data`) ? beside : null;
