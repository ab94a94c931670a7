import { equalBytes, utf8 } from "../bytes.ts";
import type { Refusal } from "../refusal.ts";
import type { NameAttribute } from "./certification-request.ts";
import { OID } from "./der/oids.ts";
import type { DerElement } from "./der/reader.ts";
import { TAG } from "./der/tags.ts";
import { encodeGeneralName } from "./encode-general-name.ts";
import type { GeneralName } from "./general-name.ts";
import { MAX_NAMES } from "./profile.ts";

/**
 * What a CSR calls itself never reaches the certificate. It is compared all the same, octet by octet and without patterns,
 * so that an attempt at another name is refused and seen instead of silently corrected.
 */

/** The two forms of DirectoryString that RFC 5280 §4.1.2.4 tells CAs to use. */
const COMMON_NAME_FORMS: ReadonlySet<number> = new Set([TAG.utf8String, TAG.printableString]);

/** `null` where the subject is empty or holds the node's host as its only CN; otherwise a `name-not-allowed`. */
export const refuseSubject = (subject: readonly NameAttribute[], host: string): Refusal | null => {
  const [only, another] = subject;
  if (only === undefined) return null;
  if (another !== undefined || only.type !== OID.commonName) {
    return notAllowed("the CSR's subject may hold the node's host name as its CN and nothing else");
  }
  return COMMON_NAME_FORMS.has(only.value.tag) && equalBytes(only.value.content, utf8(host))
    ? null
    : notAllowed("the CSR's CN is not the host part of the node name, in lower case");
};

/** `null` where each name is one that the node is granted; otherwise a `name-not-allowed`. */
export const refuseAltNames = (
  asked: readonly DerElement[],
  granted: readonly GeneralName[],
): Refusal | null => {
  if (asked.length > MAX_NAMES) return notAllowed(`the CSR asks for more than ${MAX_NAMES} names`);
  const allowed = granted.map(encodeGeneralName);
  const isAllowed = ({ tag, content }: DerElement): boolean =>
    allowed.some((name) => name.tag === tag && equalBytes(name.content, content));
  return asked.every(isAllowed)
    ? null
    : notAllowed(
        "the CSR's subjectAltName holds a name that this node is not granted: ask for the node's own names, or for none",
      );
};

const notAllowed = (detail: string): Refusal => ({ code: "name-not-allowed", detail });
