import type { Clusters } from "./definition.ts";

/**
 * The clusters that take web tokens which name the cluster alone. Such a token is good for any key, so it must be for this very
 * deployment; and without a fixed origin, the Host header of whoever shows it would say which deployment that is.
 */
export const needFixedOrigin = (clusters: Clusters): readonly string[] =>
  [...clusters.values()]
    .filter(({ bootstrap }) => bootstrap.jwt.some(({ audience }) => audience === "cluster"))
    .map(({ id }) => id);
