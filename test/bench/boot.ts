import { startDeployment } from "../support/deployment.ts";
import { DEFINITIONS, makeFleet } from "./fleet.ts";
import { load } from "./load.ts";
import { figure, type Figures } from "./target.ts";

const NODES = 500;

/** Every node on a connection of its own at the same moment, on an isolate that has served nobody yet. */
export const measureBoot = async (): Promise<Figures> => {
  await using api = await startDeployment({ definitions: DEFINITIONS });
  const fleet = await makeFleet(api, NODES, 0);
  const { answers, seconds } = await load(
    api.origin(),
    fleet.map(({ call }) => call),
    201,
    NODES,
  );
  const serials = new Set(answers.map(({ body }) => serialOf(body)));
  return { boot: figure([seconds]), "boot-twice": figure([NODES - serials.size]) };
};

const serialOf = (body: string): string =>
  (JSON.parse(body) as { readonly certificate: { readonly serial: string } }).certificate.serial;
