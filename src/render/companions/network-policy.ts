import type { Port, RenderedFile } from "../renderer.ts";
import { ROOT_FILE } from "./root-file.ts";

/** The label of a cluster's pods, in the recipes of `infra/kubernetes`. */
const LABEL = "interlock/cluster";

/**
 * A NetworkPolicy (networking.k8s.io/v1, as JSON, which kubectl takes): pods of the cluster reach each other's cluster ports. Policies
 * add up, so clients need one of their own: this one opens nothing to them.
 */
export const networkPolicyFile = (cluster: string, ports: readonly Port[]): RenderedFile => {
  const podSelector = { matchLabels: { [LABEL]: cluster } };
  const policy = {
    apiVersion: "networking.k8s.io/v1",
    kind: "NetworkPolicy",
    metadata: { name: `interlock-${cluster}` },
    spec: {
      podSelector,
      policyTypes: ["Ingress"],
      ingress: [
        {
          from: [{ podSelector }],
          ports: ports
            .filter(({ peers }) => peers === "cluster")
            .map(({ port, lastPort }) => ({ protocol: "TCP", port, endPort: lastPort })),
        },
      ],
    },
  };
  return {
    path: "/etc/interlock/network-policy.json",
    ...ROOT_FILE,
    content: `${JSON.stringify(policy, null, 2)}\n`,
  };
};
