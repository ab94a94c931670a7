import { toHex } from "../bytes.ts";
import type { EcKeyType } from "./public-key.ts";

/** y² = x³ − 3x + b over the field of p (SP 800-186 §3.2.1). */
interface Curve {
  readonly octets: number;
  readonly p: bigint;
  readonly b: bigint;
}

const CURVES = {
  "ec-p256": {
    octets: 32,
    p: 2n ** 256n - 2n ** 224n + 2n ** 192n + 2n ** 96n - 1n,
    b: 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn,
  },
  "ec-p384": {
    octets: 48,
    p: 2n ** 384n - 2n ** 128n - 2n ** 96n + 2n ** 32n - 1n,
    b: 0xb3312fa7e23ee7e4988e056be3f82d19181d9c6efe8141120314088f5013875ac656398d8a2ed19d2a85c8edd3ec2aefn,
  },
  "ec-p521": {
    octets: 66,
    p: 2n ** 521n - 1n,
    b: 0x0051953eb9618e1c9a1f929a21a0b68540eea2da725b99b315f3b8b489918ef109e156193951ec7e937b1652c0bd3bb1bf073573df883d2c34f1ef451fd46b503f00n,
  },
} satisfies Record<EcKeyType, Curve>;

const UNCOMPRESSED = 0x04;

/**
 * Whether these octets are an uncompressed point (RFC 5480 §2.2) with reduced coordinates on the curve. The cofactor is 1,
 * so every such point has full order (SP 800-56A §5.6.2.3.3). Runtimes differ in what they check at import; this does not.
 */
export const isOnCurve = (type: EcKeyType, point: Uint8Array): boolean => {
  const { octets, p, b } = CURVES[type];
  if (point.length !== 1 + 2 * octets || point[0] !== UNCOMPRESSED) return false;
  const x = toInteger(point.subarray(1, 1 + octets));
  const y = toInteger(point.subarray(1 + octets));
  return x < p && y < p && (y * y - (x * x - 3n) * x - b) % p === 0n;
};

const toInteger = (octets: Uint8Array): bigint => BigInt(`0x${toHex(octets)}`);
