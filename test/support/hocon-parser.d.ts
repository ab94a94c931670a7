/** The part that the tests use: the package brings no types. */
declare module "@pushcorn/hocon-parser" {
  const hocon: { readonly parse: (source: { readonly text: string }) => Promise<unknown> };
  export default hocon;
}
