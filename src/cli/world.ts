import { mkdir, open, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname } from "node:path";

/** Everything outside that a command touches. Paths are relative to the working directory. */
export interface World {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Epoch seconds. */
  readonly now: () => number;
  readonly random: (length: number) => Uint8Array<ArrayBuffer>;
  /** `null` where there is no such file. */
  readonly read: (path: string) => Promise<Uint8Array<ArrayBuffer> | null>;
  /** Makes a file that only its owner reads. Answers false, and changes nothing, where one is already. */
  readonly create: (path: string, text: string) => Promise<boolean>;
  /** Replaces a file, or makes it, in one step: whoever reads it meanwhile sees the one text or the other. */
  readonly replace: (path: string, text: string) => Promise<void>;
  /** Writes a file that anybody may read. */
  readonly publish: (path: string, text: string) => Promise<void>;
  readonly remove: (path: string) => Promise<void>;
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>;
  readonly stdout: (text: string) => void;
  readonly stderr: (text: string) => void;
}

const OWNER_ONLY = 0o600;

export const nodeWorld = (): World => ({
  env: process.env,
  now: () => Math.floor(Date.now() / 1000),
  random: (length) => crypto.getRandomValues(new Uint8Array(length)),
  read: async (path) => await unless("ENOENT", null, async () => Uint8Array.from(await readFile(path))),
  create: async (path, text) => {
    await mkdir(dirname(path), { recursive: true });
    return await unless("EEXIST", false, async () => {
      await writePrivate(path, text);
      return true;
    });
  },
  replace: async (path, text) => {
    await mkdir(dirname(path), { recursive: true });
    const beside = `${path}.${process.pid}.new`;
    await writePrivate(beside, text);
    await rename(beside, path);
  },
  publish: async (path, text) => await writeFile(path, text),
  remove: async (path) => await rm(path, { force: true }),
  fetch,
  stdout: (text) => process.stdout.write(text),
  stderr: (text) => process.stderr.write(text),
});

const writePrivate = async (path: string, text: string): Promise<void> => {
  const file = await open(path, "wx", OWNER_ONLY);
  try {
    await file.writeFile(text);
    // A root key that a power cut takes away is a cluster that cannot renew its CA.
    await file.sync();
  } finally {
    await file.close();
  }
};

const unless = async <T, F>(code: string, otherwise: F, work: () => Promise<T>): Promise<T | F> => {
  try {
    return await work();
  } catch (error) {
    if (systemCode(error) === code) return otherwise;
    throw error;
  }
};

/** The code of a system error (`EACCES`), or `null` for any other. */
export const systemCode = (error: unknown): string | null =>
  error instanceof Error && "syscall" in error && "code" in error && typeof error.code === "string"
    ? error.code
    : null;

export const readText = async (path: string, world: World): Promise<string | null> => {
  const bytes = await world.read(path);
  return bytes === null ? null : new TextDecoder().decode(bytes);
};
