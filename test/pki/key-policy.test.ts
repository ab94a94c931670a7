import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { describe, expect, test } from "vitest";
import { fromHex } from "../../src/bytes.ts";
import { OID } from "../../src/pki/der/oids.ts";
import type { Bytes } from "../../src/pki/der/reader.ts";
import { bitString, integer, nullValue, oid, sequence } from "../../src/pki/der/writer.ts";
import { acceptPublicKey } from "../../src/pki/key-policy.ts";

type Refused = "malformed-csr" | "key-type-not-allowed" | "weak-key";

const spki = (key: KeyObject): Bytes => Uint8Array.from(key.export({ type: "spki", format: "der" }));

const ec = (namedCurve: string): Bytes => spki(generateKeyPairSync("ec", { namedCurve }).publicKey);
const rsa = (modulusLength: number, publicExponent = 65537): Bytes =>
  spki(generateKeyPairSync("rsa", { modulusLength, publicExponent }).publicKey);

const verdict = (key: Bytes): string => {
  const accepted = acceptPublicKey(key);
  return accepted.ok ? accepted.value.type : accepted.error.code;
};

describe("keys of the profile", () => {
  test.each([
    ["ec-p256", ec("P-256")],
    ["ec-p384", ec("P-384")],
    ["ec-p521", ec("P-521")],
    ["rsa-2048", rsa(2048)],
    ["rsa-3072", rsa(3072)],
    ["ed25519", spki(generateKeyPairSync("ed25519").publicKey)],
  ])("%s is accepted, with its bytes untouched", (type, key) => {
    const accepted = acceptPublicKey(key);
    expect(accepted).toMatchObject({ ok: true, value: { type, spki: key } });
  });

  test("rsa-4096 is accepted", () => {
    expect(verdict(rsa(4096))).toBe("rsa-4096");
  });
});

const EC = (curve: Uint8Array, point: Uint8Array): Bytes =>
  sequence(sequence(oid(OID.ecPublicKey), curve), bitString(point));
const RSA = (modulus: Uint8Array, exponent: Uint8Array): Bytes =>
  sequence(
    sequence(oid(OID.rsaEncryption), nullValue()),
    bitString(sequence(integer(modulus), integer(exponent))),
  );
const F4 = Uint8Array.of(1, 0, 1);
const point = new Uint8Array(65).fill(4);

describe("keys beyond the profile", () => {
  test.each<[string, Bytes, Refused]>([
    ["secp256k1", ec("secp256k1"), "key-type-not-allowed"],
    ["P-224", ec("P-224"), "key-type-not-allowed"],
    ["Ed448", spki(generateKeyPairSync("ed448").publicKey), "key-type-not-allowed"],
    ["X25519", spki(generateKeyPairSync("x25519").publicKey), "key-type-not-allowed"],
    [
      "DSA",
      spki(generateKeyPairSync("dsa", { modulusLength: 2048, divisorLength: 256 }).publicKey),
      "key-type-not-allowed",
    ],
    [
      "RSA-PSS",
      spki(generateKeyPairSync("rsa-pss", { modulusLength: 2048 }).publicKey),
      "key-type-not-allowed",
    ],
    ["EC with implicit curve (NULL)", EC(nullValue(), point), "key-type-not-allowed"],
    ["EC with explicit parameters", EC(sequence(integer(Uint8Array.of(1))), point), "key-type-not-allowed"],
    ["EC with a point off the curve", EC(oid(OID.prime256v1), point), "weak-key"],
    ["RSA of 1024 bits", rsa(1024), "weak-key"],
    ["RSA of 2056 bits", rsa(2056), "weak-key"],
    ["RSA of 2047 bits", RSA(Uint8Array.of(0x7f, ...new Uint8Array(255).fill(0xff)), F4), "weak-key"],
    ["RSA with e = 3", rsa(2048, 3), "weak-key"],
    ["RSA with e = 1", RSA(new Uint8Array(256).fill(0xff), Uint8Array.of(1)), "weak-key"],
    ["RSA with modulus 0", RSA(Uint8Array.of(0), F4), "weak-key"],
    ["RSA with an even modulus", RSA(new Uint8Array(256).fill(0xfe), F4), "weak-key"],
    ["RSA without NULL", sequence(sequence(oid(OID.rsaEncryption)), bitString(sequence())), "malformed-csr"],
    [
      "RSA with a third number",
      sequence(
        sequence(oid(OID.rsaEncryption), nullValue()),
        bitString(sequence(integer(F4), integer(F4), integer(F4))),
      ),
      "malformed-csr",
    ],
    [
      "Ed25519 with parameters",
      sequence(sequence(oid(OID.ed25519), nullValue()), bitString(new Uint8Array(32))),
      "malformed-csr",
    ],
    ["Ed25519 of 31 octets", sequence(sequence(oid(OID.ed25519)), bitString(new Uint8Array(31))), "weak-key"],
    [
      "Ed25519 of small order",
      sequence(sequence(oid(OID.ed25519)), bitString(new Uint8Array(32))),
      "weak-key",
    ],
    [
      "a key with a field too many",
      sequence(sequence(oid(OID.ed25519)), bitString(new Uint8Array(32)), nullValue()),
      "malformed-csr",
    ],
    ["octets that are not DER", fromHex("3080") ?? new Uint8Array(), "malformed-csr"],
  ])("%s is refused", (_, key, code) => {
    expect(verdict(key)).toBe(code);
  });
});
