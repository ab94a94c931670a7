import { generateKeyPairSync, generatePrimeSync } from "node:crypto";
import { describe, expect, test } from "vitest";
import { rsaWeakness } from "../../src/pki/rsa-weakness.ts";

const prime = (bits: number): bigint => generatePrimeSync(bits, { bigint: true });

const modulusOf = (bits: number): bigint => {
  const { n } = generateKeyPairSync("rsa", { modulusLength: bits }).publicKey.export({ format: "jwk" });
  return BigInt(`0x${Buffer.from(n ?? "", "base64url").toString("hex")}`);
};

/** The first prime above n by trial: good enough to stand close. */
const nextPrime = (n: bigint): bigint => {
  for (let candidate = n | 1n; ; candidate += 2n)
    if (power(2n, candidate - 1n, candidate) === 1n) return candidate;
};

const power = (base: bigint, exponent: bigint, modulus: bigint): bigint => {
  let result = 1n;
  for (let bits = exponent, square = base; bits > 0n; bits >>= 1n, square = (square * square) % modulus) {
    if ((bits & 1n) === 1n) result = (result * square) % modulus;
  }
  return result;
};

describe("moduli that anyone can factor", () => {
  test.each([2n, 3n, 5n, 167n, 743n, 751n])("the factor %i is found", (factor) => {
    expect(rsaWeakness(factor * prime(1024))).toContain("small factor");
  });

  test("757, the first prime beyond the limit, is not looked for", () => {
    expect(rsaWeakness(757n * prime(1024))).toBeNull();
  });

  test("a square is one Fermat round", () => {
    expect(rsaWeakness(prime(512) ** 2n)).toContain("too close");
  });

  test("neighbouring primes are one Fermat round", () => {
    const p = prime(512);
    expect(rsaWeakness(p * nextPrime(p + 2n))).toContain("too close");
  });

  test.each([
    ["found in round 100", 100n, "too close"],
    ["not found in round 101", 101n, null],
  ])("the distance of Fermat's method is exact: %s", (_, rounds, weakness) => {
    // n = a² - b² where a is the root's ceiling plus rounds - 1: both factors are odd and need not be prime
    const b = 2n ** 280n + 1n;
    const offset = rounds - 1n;
    const a = smallestWithOffset(b, offset);
    expect(rsaWeakness((a - b) * (a + b))?.includes("too close") ?? null).toBe(
      weakness === null ? null : true,
    );
  });

  test("a modulus with the structure of ROCA is found", () => {
    const product = [
      3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97, 101, 103,
    ]
      .concat([107, 109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167])
      .reduce((m, p) => m * BigInt(p), 2n);
    const rocaPrime = (exponent: bigint): bigint => {
      for (let k = prime(300); ; k += 1n) {
        const candidate = k * product + power(65537n, exponent, product);
        if (power(2n, candidate - 1n, candidate) === 1n) return candidate;
      }
    };
    expect(rsaWeakness(rocaPrime(12_345n) * rocaPrime(67_890n))).toContain("ROCA");
  });
});

test.each([2048, 3072])("honest keys of %i bits pass, quickly", (bits) => {
  const moduli = Array.from({ length: 5 }, () => modulusOf(bits));
  const started = performance.now();
  expect(moduli.map(rsaWeakness)).toEqual(moduli.map(() => null));
  expect((performance.now() - started) / moduli.length).toBeLessThan(50);
});

/** An a for which ceil(√(a² - b²)) = a - offset, a² - b² is odd and has no factor below 752. */
function smallestWithOffset(b: bigint, offset: bigint): bigint {
  // a - √(a² - b²) ≈ b² / 2a, so the distance is about b² / 2a: choose a for the middle of the wanted round
  for (let a = (b * b) / (2n * offset + 1n); ; a += 1n) {
    const n = a * a - b * b;
    if (n % 2n === 0n || hasSmallFactor(n)) continue;
    const start = a - offset;
    if (start * start >= n && (start - 1n) * (start - 1n) < n) return a;
  }
}

function hasSmallFactor(n: bigint): boolean {
  for (let divisor = 3n; divisor < 752n; divisor += 2n) if (n % divisor === 0n) return true;
  return false;
}
