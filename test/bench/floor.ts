import type { KernelServer } from "./kernel-server.ts";

const TURNS = 400;

/**
 * What some work costs as a multiple of F (docs/performance.md). `work` answers CPU milliseconds. F is measured before it and after it:
 * a shared machine changes its speed within seconds.
 */
export const inFloors = async (kernels: KernelServer, work: () => Promise<number>): Promise<number> => {
  const before = await kernels.cost("floor", TURNS);
  const cost = await work();
  return (2 * cost) / (before + (await kernels.cost("floor", TURNS)));
};
