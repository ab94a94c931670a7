import { utf8 } from "../bytes.ts";
import { parseHost } from "../node/host.ts";
import { GENERAL_NAME } from "./extensions.ts";
import type { GeneralName } from "./general-name.ts";

/** The tag and the content octets of a name in a subjectAltName (RFC 5280 §4.2.1.6). Throws on an `ip` that is none. */
export const encodeGeneralName = (
  name: GeneralName,
): { readonly tag: number; readonly content: Uint8Array } => {
  if (name.type === "dns") return { tag: GENERAL_NAME.dns, content: utf8(name.value) };
  const host = parseHost(name.value);
  if (host?.kind !== "ip") throw new Error("an ip name of a grant is not an IP address");
  return { tag: GENERAL_NAME.ip, content: host.octets };
};
