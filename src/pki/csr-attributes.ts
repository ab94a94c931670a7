import { refuse, type Refusal } from "../refusal.ts";
import { ok, type Result } from "../result.ts";
import type { Attribute } from "./attribute.ts";
import { OID } from "./der/oids.ts";
import { withDer } from "./der/reader.ts";
import { readExtensions, type Extension } from "./extensions.ts";

/**
 * Attributes that tools write and that change nothing: their values are not read, kept or logged (a challengePassword is
 * a secret). Microsoft's CERT_EXTENSIONS (1.3.6.1.4.1.311.2.1.14) is not among them: it would be a second, unread
 * extensionRequest.
 */
const HARMLESS: ReadonlySet<string> = new Set([
  OID.challengePassword,
  OID.unstructuredName,
  OID.msOsVersion,
  OID.msRequestClientInfo,
  OID.msEnrollmentCsp,
]);

/**
 * The extensions that a request asks for: those of its one extensionRequest (RFC 2985 §5.4.2), or none.
 * Refuses with `malformed-csr` a second attribute of any type, a second value, and attributes that it does not know.
 */
export const requestedExtensions = (
  attributes: readonly Attribute[],
): Result<readonly Extension[], Refusal> => {
  const types = attributes.map(({ type }) => type);
  if (new Set(types).size !== types.length) return malformed("the CSR has an attribute twice");
  if (!types.every((type) => type === OID.extensionRequest || HARMLESS.has(type))) {
    return malformed(
      "the CSR has an attribute other than extensionRequest and challengePassword: leave it out",
    );
  }
  const request = attributes.find(({ type }) => type === OID.extensionRequest);
  if (request === undefined) return ok([]);
  const [list, another] = request.values;
  if (list === undefined || another !== undefined)
    return malformed("the CSR's extensionRequest must have one value");
  return withDer(malformedExtensions, () => ok(readExtensions(list)));
};

const malformedExtensions = (defect: string): Refusal => ({
  code: "malformed-csr",
  detail: `the CSR's extensionRequest is malformed: ${defect}`,
});

const malformed = (detail: string): Result<never, Refusal> => refuse({ code: "malformed-csr", detail });
