import { toHex } from "../bytes.ts";

const P = 2n ** 255n - 19n;

/**
 * The y coordinates of the eight points whose order divides the cofactor. Under such a key anyone can make signatures
 * that verify, so it proves nothing.
 */
const SMALL_ORDER_Y: ReadonlySet<bigint> = new Set([
  0n,
  1n,
  P - 1n,
  0x7a03ac9277fdc74ec6cc392cfa53202a0f67100d760b3cba4fd84d3d706a17c7n,
  P - 0x7a03ac9277fdc74ec6cc392cfa53202a0f67100d760b3cba4fd84d3d706a17c7n,
]);

/** RFC 8032 §5.1.2: 32 octets, little-endian y, the top bit is the sign of x. False as well for a y that is not reduced. */
export const isFullOrderPoint = (encoded: Uint8Array): boolean => {
  if (encoded.length !== 32) return false;
  const y = BigInt.asUintN(255, BigInt(`0x${toHex(encoded.toReversed())}`));
  return y < P && !SMALL_ORDER_Y.has(y);
};
