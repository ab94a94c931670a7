// @peculiar/x509 needs a Reflect polyfill before it is loaded.
// oxlint-disable-next-line import/no-unassigned-import -- it is loaded for its side effect
import "reflect-metadata";

/** A second opinion on everything that Interlock reads and writes. In tests and the CLI only (docs: one door each). */
export * as oracle from "@peculiar/x509";
