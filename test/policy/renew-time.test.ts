import { describe, expect, it } from "vitest";
import { renewAfter } from "../../src/policy/renew-time.ts";
import { clusterWith } from "./cluster.ts";

const cluster = clusterWith();
const notBefore = 1_800_000_000;
const lifetime = 30 * 86_400;
const notAfter = notBefore + lifetime - 1;
const fractions = Array.from({ length: 1000 }, (_, i) => {
  const at = renewAfter(cluster, `rabbit@mq-${i + 1}.prod.internal`, notBefore, notAfter);
  return (at - notBefore) / lifetime;
});

describe("renewAfter", () => {
  it("is the definition's fraction of the lifetime, less at most a tenth of it", () => {
    expect(Math.max(...fractions)).toBeLessThanOrEqual(2 / 3);
    expect(Math.min(...fractions)).toBeGreaterThanOrEqual(2 / 3 - 0.1 - 1e-6);
  });

  it("spreads a fleet of like names evenly over that tenth", () => {
    const tenths = Array.from(
      { length: 10 },
      (_, i) => fractions.filter((at) => Math.floor((2 / 3 - at) * 100) === i).length,
    );
    expect(Math.min(...tenths)).toBeGreaterThan(50);
    expect(Math.max(...tenths)).toBeLessThan(200);
  });

  it("is the same for the same node and dates", () => {
    const once = renewAfter(cluster, "rabbit@mq-1.prod.internal", notBefore, notAfter);
    expect(renewAfter(cluster, "rabbit@mq-1.prod.internal", notBefore, notAfter)).toBe(once);
    expect(Number.isInteger(once)).toBe(true);
  });

  it.each(["1/4", "9/10"])("stays inside the shortest lifetime at %s", (after) => {
    const hourly = clusterWith({ renewal: { after } });
    for (let i = 0; i < 100; i++) {
      const at = renewAfter(hourly, `rabbit@mq-${i}.prod.internal`, notBefore, notBefore + 3599);
      expect(at).toBeGreaterThan(notBefore);
      expect(at).toBeLessThan(notBefore + 3599);
    }
  });
});
