import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const beside = fileURLToPath(new URL("../../../shared", import.meta.url));

/** The shared design and test data beside the repository; `null` where it is absent, and suites that read it then skip. */
export const sharedDir: string | null = existsSync(`${beside}/data`) ? beside : null;
