import { openLine, type Line, type LineFault } from "./line.ts";

/** One bad line of each kind. */
export interface Lines extends AsyncDisposable {
  readonly addressOf: (fault: LineFault) => string;
  /** Certificates whose reply was lost. */
  readonly lostReplies: () => number;
}

export const openLines = async (api: string): Promise<Lines> => {
  const lines = {
    "reset before": await openLine(api, "reset before"),
    "reply lost": await openLine(api, "reply lost"),
    "reply cut": await openLine(api, "reply cut"),
    "slow client": await openLine(api, "slow client"),
  } as const satisfies Record<LineFault, Line>;
  return {
    addressOf: (fault) => lines[fault].address,
    lostReplies: () => lines["reply lost"].lostReplies(),
    [Symbol.asyncDispose]: async () => {
      for (const line of Object.values(lines)) await line[Symbol.asyncDispose]();
    },
  };
};
