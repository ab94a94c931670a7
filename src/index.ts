import { waitUntil } from "cloudflare:workers";
import clusters from "../infra/clusters.json" with { type: "json" };
import { joinTokens } from "./auth/token.ts";
import { cachedCustody } from "./custody/cached-custody.ts";
import { awsSecretStore } from "./custody/aws-secret-store.ts";
import { embeddedSecretStore } from "./custody/embedded-secret-store.ts";
import type { Deployment } from "./deployment.ts";
import { configure, type Configuration } from "./env.ts";
import { createApp } from "./http/app.ts";
import { createUnconfiguredApp } from "./http/unconfigured.ts";
import { remoteLedger } from "./ledger/remote-ledger.ts";
import { jsonLog } from "./log.ts";
import { rendererFor } from "./render/renderers.ts";

export { LedgerObject } from "./ledger/ledger-object.ts";
