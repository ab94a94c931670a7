/**
 * Every kind of credential but join tokens and renewals: how definitions state the trust, and who checks it. One part of the bundle,
 * loaded where a definition or the deployment names such a kind, or a token is for one key (infra/build.ts).
 */

export { instanceDocuments } from "../auth/aws-iid.ts";
export { awsSts } from "../auth/aws-sts.ts";
export { attestedDocuments } from "../auth/azure-imds.ts";
export { webTokens } from "../auth/jwt.ts";
export { jwksSource } from "../auth/jwt/jwks-source.ts";
export { keyThumbprint } from "../auth/key-thumbprint.ts";
export { parseAdministrators } from "./administrators.ts";
export { awsIid as awsIidEntry } from "./bootstrap-aws-iid.ts";
export { awsSts as awsStsEntry } from "./bootstrap-aws-sts.ts";
export { azureImds as azureImdsEntry } from "./bootstrap-azure.ts";
export { jwt as jwtEntry } from "./bootstrap-jwt.ts";
