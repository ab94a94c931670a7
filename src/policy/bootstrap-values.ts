import * as z from "zod/mini";
import { isJsonPointer } from "../auth/json-pointer.ts";
import { parsePinnedCertificate } from "../auth/pinned-certificate.ts";
import { parseNodeTemplate } from "../node/node-template.ts";
import { isSecureUrl } from "../secure-url.ts";
import { described, parsed } from "./definition-values.ts";

/** The texts of `bootstrap` that more than one method takes. */

/** An https address; http only on the machine itself, for an issuer beside a standalone workerd. */
const parseAddress = (text: string): string | null => {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || url.username !== "" || url.password !== "" || url.hash !== "") return null;
  return isSecureUrl(url) ? text : null;
};

export const address = parsed(parseAddress, "must be an https address without user information or fragment");

/** An issuer has neither query nor fragment, not even an empty one (OpenID Connect Discovery 1.0 §3, RFC 8414 §2). */
export const issuerAddress = parsed(
  (text) => (text.includes("?") || text.includes("#") ? null : parseAddress(text)),
  "must be an https address without user information, query or fragment",
);

/** A template that may point at these values of the evidence and no others: one that nothing fills would refuse every node. */
const templateOf = (mayPoint: (pointer: string) => boolean, message: string) =>
  described(
    parsed((text) => {
      const template = parseNodeTemplate(text);
      const mayFill = template?.parts.every((part) => "literal" in part || mayPoint(part.pointer)) === true;
      return mayFill ? template : null;
    }, message),
    "How the node's name follows from the evidence, by JSON Pointers in braces.",
  );

/** For evidence whose members are its issuer's business. */
export const nodeTemplate = templateOf(
  isJsonPointer,
  "must be a node name in which {/pointer} right of the @ stands for a label from the evidence, such as rabbit@{/sub}.example.internal, or {/pointer} alone",
);

/** For evidence of which we know what a name can follow from. */
export const nodeTemplateFrom = (...pointers: readonly string[]) =>
  templateOf(
    (pointer) => pointers.includes(pointer),
    `must be a node name in which ${pointers.map((pointer) => `{${pointer}}`).join(" or ")} right of the @ stands for a label from the evidence`,
  );

export const list = (member: z.ZodMiniType<string, string>, what: string) =>
  z.array(member).check(z.minLength(1, { error: `must list ${what}` }));

export const certificate = parsed(
  parsePinnedCertificate,
  "must be one certificate, as PEM or as the base64 of its DER",
);
