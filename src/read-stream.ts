import { concatBytes } from "./bytes.ts";

/**
 * Reads a stream to its end, counting as it goes: at most `limit` bytes are ever held, whatever a Content-Length says or a compressed
 * body unpacks to. `null` for more; the rest is not read. No stream is an empty one.
 */
export const readAtMost = async (
  body: ReadableStream<Uint8Array> | null,
  limit: number,
): Promise<Uint8Array<ArrayBuffer> | null> => {
  if (body === null) return new Uint8Array();
  const chunks: Uint8Array[] = [];
  let size = 0;
  const reader = body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return concatBytes(...chunks);
    size += value.length;
    if (size > limit) {
      await reader.cancel().catch(() => undefined);
      return null;
    }
    chunks.push(value);
  }
};
