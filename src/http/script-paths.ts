/** Where the node's side of this very version is (docs/node.md): the agent, and what it runs to show what its machine is. */
export const SCRIPT_PATHS = [
  "/v1/agent.sh",
  "/v1/evidence/aws-iid.sh",
  "/v1/evidence/aws-sts.sh",
  "/v1/evidence/aws_sts.py",
  "/v1/evidence/azure.sh",
  "/v1/evidence/gcp.sh",
  "/v1/evidence/kubernetes.sh",
] as const;

export type ScriptPath = (typeof SCRIPT_PATHS)[number];
