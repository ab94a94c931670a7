import type { Bytes } from "./der/reader.ts";
import { bitString, sequence } from "./der/writer.ts";
import { ecdsaToDer } from "./ecdsa-signature.ts";
import type { IssuingCa } from "./issuing-ca.ts";
import { CA_SIGNATURES } from "./profile.ts";
import { signatureParameters } from "./verify-signature.ts";

/**
 * The only use of a CA's key: the to-be-signed bytes of a certificate or a CRL in their signed form (RFC 5280 §4.1, §5.1).
 * Throws where the signature does not verify under the CA certificate's key: a faulty signature can give the key away.
 */
export const signAs = async (ca: IssuingCa, tbs: Bytes): Promise<Bytes> => {
  const { algorithm, identifier } = CA_SIGNATURES[ca.signature];
  const parameters = signatureParameters(algorithm);
  const raw = new Uint8Array(await crypto.subtle.sign(parameters, ca.signingKey, tbs));
  if (!(await crypto.subtle.verify(parameters, ca.publicKey, raw, tbs)))
    throw new Error("what the CA signed does not verify under its certificate");
  return sequence(tbs, identifier, bitString(algorithm.family === "ec" ? ecdsaToDer(raw) : raw));
};
