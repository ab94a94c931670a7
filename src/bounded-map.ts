/** A map that forgets its oldest entry for a new one beyond so many: what an isolate remembers must not grow with its callers. */
export interface BoundedMap<V> {
  readonly get: (key: string) => V | undefined;
  readonly set: (key: string, value: V) => void;
}

export const boundedMap = <V>(limit: number): BoundedMap<V> => {
  const entries = new Map<string, V>();
  return {
    get: (key) => entries.get(key),
    set: (key, value) => {
      const [oldest] = entries.keys();
      if (!entries.has(key) && entries.size >= limit && oldest !== undefined) entries.delete(oldest);
      entries.set(key, value);
    },
  };
};
