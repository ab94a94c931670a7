import { createECDH, createPublicKey, type JsonWebKey, type KeyObject } from "node:crypto";
import { expect, test } from "vitest";
import { sha256Hex } from "../../src/bytes.ts";
import { PUBLISHED_KEYS } from "../../src/pki/published-keys.ts";

const CURVES = {
  "P-256": { name: "prime256v1", octets: 32 },
  "P-384": { name: "secp384r1", octets: 48 },
  "P-521": { name: "secp521r1", octets: 66 },
} as const;

type Curve = keyof typeof CURVES;

/** The public half of a private key that is in print. */
const ecKey = (crv: Curve, scalar: string): KeyObject => {
  const { name, octets } = CURVES[crv];
  const ecdh = createECDH(name);
  ecdh.setPrivateKey(scalar.padStart(2 * octets, "0"), "hex");
  const point = ecdh.getPublicKey();
  const coordinate = (at: number): string => point.subarray(at, at + octets).toString("base64url");
  return fromJwk({ kty: "EC", crv, x: coordinate(1), y: coordinate(1 + octets) });
};

const fromJwk = (key: JsonWebKey): KeyObject => createPublicKey({ key, format: "jwk" });

const RFC9500_RSA2048 =
  "sPnoGUOnrpiSqt4XynxA-HRP7S-BSObI6qJ7fQAVSPtRkqsotWxQYLEYzNEx5ZSHTGypibVsJylvCfuToDTfMul8b_CZjP2Ob0LdpYrNH6l5hvFE89FU1nZQF15oVLOpUgA7wGiHuEVawrGfey92UE68mOyUVXGweJIVDdxqdMoPvNNUl86BU02vlBiESxOuox-dWmuVV7vfYZ79Toh_LUK43YvJh-rhv4nKuF7iHjVjBd9sB6iDjj70HFldzOQ9r8SRI-9NirupPTkF5AKNe6kUhKJ1luB7S27ZkvB3tSTT3P593VVJvnzOjaA1z6Cz-4-eRvcysqhrRgFlwI9TEw";

test.each<[string, KeyObject]>([
  ["testRSA2048 of RFC 9500 §2.1", fromJwk({ kty: "RSA", n: RFC9500_RSA2048, e: "AQAB" })],
  [
    "testECCP256 of RFC 9500 §2.3",
    ecKey("P-256", "e6cb5bdd80aa45ae9c95e8c15476679ffec953c16851e711e743939589c64fc1"),
  ],
  [
    "testECCP384 of RFC 9500 §2.3",
    ecKey(
      "P-384",
      "e2563328dfabf68188606b91324281c1d58a4456431b09d510b35fecc9f307ca1822846fa2671371a9a81bac0e35749d",
    ),
  ],
  [
    "testECCP521 of RFC 9500 §2.3",
    ecKey(
      "P-521",
      "01d924dcca0a887f8d99767a37d874e637a12ccb477d6e08665356694d68b7655e5069638fde7b45c854013dc77a35b18655b84c966a60220d40f91ed9f5145802ea",
    ),
  ],
  ["the base point of P-256", ecKey("P-256", "1")],
  ["the base point of P-384", ecKey("P-384", "1")],
  ["the base point of P-521", ecKey("P-521", "1")],
])("%s is known", async (_, key) => {
  const spki = Uint8Array.from(key.export({ type: "spki", format: "der" }));
  expect(PUBLISHED_KEYS.has(await sha256Hex(spki))).toBe(true);
});

test("no other key is", () => {
  expect(PUBLISHED_KEYS.size).toBe(7);
});
