import { latin1 } from "../bytes.ts";
import { extensionValue, type TbsCertificate } from "./certificate.ts";
import { OID } from "./der/oids.ts";
import { withDer } from "./der/reader.ts";
import { GENERAL_NAME, readGeneralNames } from "./extensions.ts";
import { ok } from "../result.ts";

/** The host names of a foreign certificate's subjectAltName, as they are; none where the extension is absent or does not decode. */
export const dnsNames = (tbs: TbsCertificate): readonly string[] => {
  const names = withDer(
    () => null,
    () => ok(extensionValue(tbs, OID.subjectAltName, readGeneralNames) ?? []),
  );
  if (!names.ok) return [];
  return names.value.filter(({ tag }) => tag === GENERAL_NAME.dns).map(({ content }) => latin1(content));
};
