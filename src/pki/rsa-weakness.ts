import { lazy } from "../lazy.ts";

/**
 * Moduli that can be factored with little work, found with big integers alone.
 *
 * Not looked for: a prime modulus. The test costs some hundred times the signature check, and only its own holder
 * can make such a key.
 */

const FERMAT_ROUNDS = 100;
/** Boulder's bound, the first prime beyond which is 757: 751 is the largest prime that is tried. */
const SMALL_FACTOR_LIMIT = 752;
/** The fingerprint of CVE-2017-15361 uses the primes up to here, for every key length. */
const ROCA_LIMIT = 167;
const ROCA_GENERATOR = 65537;

/** Says what makes this modulus weak, as a sentence for a refusal, or `null`. */
export const rsaWeakness = (n: bigint): string | null => {
  const residues = smallPrimes().map((prime) => Number(n % BigInt(prime)));
  if (residues.includes(0)) return "the RSA key has a small factor: make a new one";
  if (isRoca(residues))
    return "the RSA key has the structure of a broken generator (ROCA, CVE-2017-15361): make a new one elsewhere";
  if (hasCloseFactors(n))
    return "the two primes of the RSA key are too close: make a new one with another tool";
  return null;
};

const primesBelow = (limit: number): readonly number[] => {
  const primes: number[] = [];
  for (let n = 2; n < limit; n++) if (primes.every((prime) => n % prime !== 0)) primes.push(n);
  return primes;
};

const smallPrimes = lazy(() => primesBelow(SMALL_FACTOR_LIMIT));

/** Each remainder of a ROCA modulus is a power of 65537: so for all these primes at once only there, or by a 2^-28 chance. */
const isRoca = (residues: readonly number[]): boolean => {
  return rocaRemainders().every((powers, i) => powers.has(residues[i] ?? 0));
};

const rocaRemainders = lazy(() =>
  smallPrimes()
    .filter((prime) => prime <= ROCA_LIMIT)
    .map(powersOfGenerator),
);

const powersOfGenerator = (prime: number): ReadonlySet<number> => {
  const powers = new Set<number>();
  for (let power = 1; !powers.has(power); power = (power * ROCA_GENERATOR) % prime) powers.add(power);
  return powers;
};

/** Fermat: n = a² − b² with a just above √n. The Baseline Requirements §6.1.1.3 want 100 rounds. A square is round one. */
const hasCloseFactors = (n: bigint): boolean => {
  let a = ceilSqrt(n);
  let bSquared = a * a - n;
  for (let round = 0; round < FERMAT_ROUNDS; round++) {
    if (isSquare(bSquared)) return true;
    bSquared += 2n * a + 1n;
    a += 1n;
  }
  return false;
};

/** Most numbers are not squares modulo one of these, which is far cheaper to see than a root. */
const SQUARES = [64, 63, 65, 11, 17, 19].map((modulus) => ({
  modulus: BigInt(modulus),
  squares: new Set(Array.from({ length: modulus }, (_, i) => (i * i) % modulus)),
}));

const isSquare = (n: bigint): boolean =>
  SQUARES.every(({ modulus, squares }) => squares.has(Number(n % modulus))) && ceilSqrt(n) ** 2n === n;

/** Newton's method, falling from a power of two above the root to its floor. */
const ceilSqrt = (n: bigint): bigint => {
  if (n < 2n) return n;
  let root = 1n << BigInt(n.toString(16).length * 2);
  for (;;) {
    const next = (root + n / root) >> 1n;
    if (next >= root) break;
    root = next;
  }
  return root * root === n ? root : root + 1n;
};
