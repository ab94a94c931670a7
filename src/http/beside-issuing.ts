/**
 * Everything of the API but issuing: one part of the bundle, loaded at the first call of any of it (infra/build.ts). An isolate that
 * gives nodes their certificates needs none of it.
 */

export { watchClusters } from "../watch/watch.ts";
export { cloudConfig } from "./forms/cloud-config.ts";
export { shellScript } from "./forms/sh.ts";
export { tarArchive } from "./forms/tar.ts";
export { postAck } from "./routes/ack.ts";
export { administered, forAdministrator } from "./routes/administrator.ts";
export { getCaBundle } from "./routes/ca.ts";
export { getCertificate, listCertificates } from "./routes/certificates.ts";
export { getConfig } from "./routes/config.ts";
export { getCrl, getCrlFile } from "./routes/crl.ts";
export { getExpiring } from "./routes/expiring.ts";
export { getMetrics } from "./routes/metrics.ts";
export { listGenerations, listNodes } from "./routes/nodes.ts";
export { releaseNode } from "./routes/release.ts";
export { revokeCertificate, revokeCluster, revokeNode } from "./routes/revocation.ts";
export { getScript, getScriptDigest } from "./routes/scripts.ts";
export { deleteToken, postToken } from "./routes/tokens.ts";
export { postWatch } from "./routes/watch.ts";
export { createUnconfiguredApp } from "./unconfigured.ts";
