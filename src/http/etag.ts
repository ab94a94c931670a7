import { sha256Hex } from "../bytes.ts";

/** The strong validator of a body that depends on nothing but its content (RFC 9110 §8.8.3). */
export const entityTag = async (body: string | Uint8Array<ArrayBuffer>): Promise<string> =>
  `"${(await sha256Hex(body)).slice(0, 32)}"`;

/** Whether the caller already has it: If-None-Match compares weakly (RFC 9110 §13.1.2). */
export const isCurrent = (ifNoneMatch: string | undefined, tag: string): boolean => {
  const known = new Set(
    (ifNoneMatch ?? "").split(",").map((candidate) => candidate.trim().replace(/^W\//, "")),
  );
  return known.has(tag) || known.has("*");
};
