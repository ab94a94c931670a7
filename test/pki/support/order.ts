import { sha256Hex } from "../../../src/bytes.ts";
import type { GeneralName } from "../../../src/pki/general-name.ts";
import type { IssuingCa } from "../../../src/pki/issuing-ca.ts";
import { acceptPublicKey } from "../../../src/pki/key-policy.ts";
import type { VerifiedKey } from "../../../src/pki/key.ts";
import { planCertificate, type CertificateOrder, type CertificatePlan } from "../../../src/pki/plan.ts";
import { NOW } from "./authority.ts";
import { HOST } from "./request.ts";
import { makeKeyPair, spkiOf, type KeyAlgorithm } from "./web-crypto.ts";

export const dns = (value: string): GeneralName => ({ type: "dns", value });
export const ip = (value: string): GeneralName => ({ type: "ip", value });

export const DAY = 86_400;

export const makeVerifiedKey = async (algorithm: KeyAlgorithm = "P-256"): Promise<VerifiedKey> => {
  const key = acceptPublicKey(await spkiOf(await makeKeyPair(algorithm)));
  if (!key.ok) throw new Error(key.error.detail);
  return { ...key.value, spkiSha256: await sha256Hex(key.value.spki) };
};

/** A good order for one day, with what a test changes in it. */
export const makeOrder = async (
  ca: IssuingCa,
  change: Partial<CertificateOrder> = {},
): Promise<CertificateOrder> => ({
  names: [dns(HOST)],
  host: HOST,
  lifetime: DAY,
  key: await makeVerifiedKey(),
  ca,
  now: NOW,
  random: (length) => crypto.getRandomValues(new Uint8Array(length)),
  ...change,
});

export const makePlan = async (order: CertificateOrder): Promise<CertificatePlan> => {
  const plan = await planCertificate(order);
  if (!plan.ok) throw new Error(plan.error.detail);
  return plan.value;
};
