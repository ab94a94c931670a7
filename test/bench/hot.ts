import { inFloors } from "./floor.ts";
import type { KernelServer } from "./kernel-server.ts";
import { figure, type Figures } from "./target.ts";
import type { Size } from "./size.ts";

const TURNS = 400;

/** The pieces that need no network: a certificate, and the large CRLs. */
export const measureHotLoop = async (kernels: KernelServer, { rounds }: Size): Promise<Figures> => {
  const [issue, crl, largeCrl]: number[][] = [[], [], []];
  for (let round = 0; round < rounds; round += 1) {
    issue?.push(await inFloors(kernels, () => kernels.cost("issue", TURNS)));
    crl?.push(await inFloors(kernels, () => kernels.cost("crl-10000", 3)));
    largeCrl?.push(await kernels.cost("crl-100000", 1));
  }
  return {
    "hot-loop": figure(issue ?? []),
    "crl-10000": figure(crl ?? []),
    "crl-100000": figure(largeCrl ?? []),
  };
};

/** So that no round pays for the compiler. */
export const warmKernels = async (kernels: KernelServer): Promise<void> => {
  await kernels.cost("floor", TURNS);
  await kernels.cost("issue", 2 * TURNS);
  await kernels.cost("crl-10000", 3);
};
