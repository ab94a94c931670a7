import type { Context } from "hono";
import type { HttpEnv } from "./context.ts";

export type Handle = (c: Context<HttpEnv>) => Response | Promise<Response>;

/**
 * A handler in a part of the bundle, which is loaded at its first call (infra/build.ts): what most isolates never serve should cost none
 * of them a start. A part that cannot be loaded is a fault of ours.
 */
export const from =
  <Part>(load: () => Promise<Part>) =>
  (handleIn: (part: Part) => Handle): Handle =>
  async (c) =>
    handleIn(await load())(c);
