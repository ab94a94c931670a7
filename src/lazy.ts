/**
 * A value that is made at its first use, and then kept. For what an isolate may never need: whatever stands at the top of a module is
 * paid for by every cold start (`npm run bench -- --only cold`).
 */
export const lazy = <T>(make: () => T): (() => T) => {
  let made: { readonly value: T } | null = null;
  return () => (made ??= { value: make() }).value;
};

/**
 * The same for what takes waiting. Of first uses that overlap, the first to be done has made it for all. A value is kept and never a
 * promise: what a request has begun may end with it. A failure is not kept.
 */
export const lazyAsync = <T>(make: () => Promise<T>): (() => Promise<T>) => {
  let made: { readonly value: T } | null = null;
  return async () => {
    if (made !== null) return made.value;
    const value = await make();
    return (made ??= { value }).value;
  };
};
