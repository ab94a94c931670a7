/**
 * A value that is made at its first use, and then kept. For what an isolate may never need: whatever stands at the top of a module is
 * paid for by every cold start (`npm run bench -- --only cold`).
 */
export const lazy = <T>(make: () => T): (() => T) => {
  let made: { readonly value: T } | null = null;
  return () => (made ??= { value: make() }).value;
};
