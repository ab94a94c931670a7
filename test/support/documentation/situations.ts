import clusters from "../../../infra/clusters.json" with { type: "json" };
import type { Definitions } from "../deployment.ts";

/** What a page presupposes. Everything else it must bring. */
export interface Situation {
  /** The reader's `infra/clusters.json`. */
  readonly definitions: Definitions;
  /** Whether Interlock runs already, and has a CA for each cluster. */
  readonly deployed: boolean;
  /** Typed before the first line of the page: a token that somebody was given, a node that is there. */
  readonly before: string;
  /** What belongs to the reader and the page cannot know: as it stands there, and as it is here. Each must occur. */
  readonly substitutions: Readonly<Record<string, string>>;
}

/** The operator's own access, as docs/deploy.md leaves it. */
const AS_OPERATOR = `set -a; . /etc/interlock/interlock.env; set +a
interlock() { npm run -s interlock -- "$@"; }`;

const SITUATIONS: Readonly<Record<string, Partial<Situation>>> = {
  "docs/node.md": {
    before: `(${AS_OPERATOR}
interlock token --cluster rabbit-prod --node rabbit@mq-1.nodes.example.internal >/run/interlock.token)`,
  },
};

export const situatedPages = (): readonly string[] => Object.keys(SITUATIONS);

/** A page that is not named above presupposes a clone, and a deployment of `rabbit-prod`. */
export const situationOf = (page: string): Situation => ({
  definitions: { "rabbit-prod": clusters.clusters["rabbit-prod"] },
  deployed: true,
  before: "",
  substitutions: {},
  ...SITUATIONS[page],
});

/** Words of a page as they are here. */
export const substitute = (words: string, { substitutions }: Situation): string =>
  Object.entries(substitutions).reduce((so, [there, here]) => so.replaceAll(there, here), words);
