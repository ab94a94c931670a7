import type { BundleOptions } from "../bundle-contract.ts";
import { parseAddressBlock, type AddressBlock } from "../node/address-block.ts";
import { refuse, type Refusal } from "../refusal.ts";
import { COMPANIONS, type Companion } from "../render/companions/companions.ts";
import { ok, type Result } from "../result.ts";
import { parseConfigOptions, queryOptions } from "./options.ts";

/** The query string of `GET …/config`. */
export interface ConfigOptions {
  readonly render: BundleOptions;
  /** What else to render; `null` for the node's own files alone. */
  readonly companion: Companion | null;
  /** Where the cluster's nodes are, for firewall rules; `null` when not given. */
  readonly peers: readonly AddressBlock[] | null;
}

/** More would be a list that nobody reviews. */
const MAX_PEERS = 256;

/** Reads the options of a configuration call. Refuses with `option-invalid`, naming the option. */
export const parseConfigCall = (url: URL): Result<ConfigOptions, Refusal> => {
  const query = queryOptions(url);
  if (!query.ok) return query;
  const { with: name, peers: text, ...rest } = query.value;
  const render = parseConfigOptions(rest);
  if (!render.ok) return render;
  const companion = name === undefined ? null : COMPANIONS.find((known) => known === name);
  if (companion === undefined) return invalid("with", `with must be one of ${COMPANIONS.join(", ")}`);
  if (text === undefined) return ok({ render: render.value, companion, peers: null });
  if (companion !== "firewall") return invalid("peers", "peers are for with=firewall");
  const peers = parsePeers(text);
  return peers.ok ? ok({ render: render.value, companion, peers: peers.value }) : peers;
};

const parsePeers = (text: string): Result<readonly AddressBlock[], Refusal> => {
  const blocks = text.split(",").map(parseAddressBlock);
  return blocks.length <= MAX_PEERS && blocks.every((block) => block !== null)
    ? ok(blocks)
    : invalid(
        "peers",
        `peers must be at most ${MAX_PEERS} addresses or blocks such as 10.20.0.0/24, with commas between them`,
      );
};

const invalid = (field: string, detail: string): Result<never, Refusal> =>
  refuse({ code: "option-invalid", field, detail });
