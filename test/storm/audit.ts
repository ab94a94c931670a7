import type { Held } from "./held.ts";
import type { LedgerRow } from "./ledger-rows.ts";

/** One machine of a node, with its key, at the end of the storm. */
export interface Machine {
  readonly cluster: string;
  readonly node: string;
  readonly spkiSha256: string;
  /** The certificate of every answer that it got, in order. */
  readonly held: readonly Held[];
  /** It was gone before an answer came, and never asked again. */
  readonly died: boolean;
}

/** What was found, a sentence each. */
export interface Findings {
  /** One serial twice, or two certificates for one key. */
  readonly duplicates: readonly string[];
  /** Lost, different, unknown to the ledger, or known to nobody else. */
  readonly disagreements: readonly string[];
  /** Machines that were refused, or ran out of attempts. */
  readonly unserved: readonly string[];
  /** Rows of machines that were gone, or gave up, while the API worked for them: nobody holds those, and that is right. */
  readonly orphans: number;
}

/** Compares what the ledger has with what the machines hold, both ways. */
export const audit = (ledger: readonly LedgerRow[], machines: readonly Machine[]): Findings => {
  const unheld = rowsThatNobodyHolds(ledger, machines);
  const empty = machines.filter(({ held }) => held.length === 0);
  const mayBeUnheld = new Set(empty.map(({ cluster, spkiSha256 }) => keyOf(cluster, spkiSha256)));
  const unexplained = unheld.filter(
    ({ cluster, spkiSha256 }) => !mayBeUnheld.has(keyOf(cluster, spkiSha256)),
  );
  return {
    duplicates: duplicatesIn(ledger, machines),
    disagreements: [
      ...differencesIn(ledger, machines),
      ...unexplained.map(({ node, serial, state }) => `${node}: nobody has ${serial}, which is ${state}`),
    ],
    unserved: empty.filter(({ died }) => !died).map(({ node }) => `${node}: was never served`),
    orphans: unheld.length - unexplained.length,
  };
};

const keyOf = (cluster: string, id: string): string => `${cluster}/${id}`;

const rowsThatNobodyHolds = (
  ledger: readonly LedgerRow[],
  machines: readonly Machine[],
): readonly LedgerRow[] => {
  const held = new Set(
    machines.flatMap(({ cluster, held }) => held.map(({ serial }) => keyOf(cluster, serial))),
  );
  return ledger.filter(({ cluster, serial }) => !held.has(keyOf(cluster, serial)));
};

const duplicatesIn = (ledger: readonly LedgerRow[], machines: readonly Machine[]): readonly string[] => [
  ...repeated(ledger.map(({ serial }) => `serial ${serial} in the ledger`)),
  ...repeated(ledger.map(({ cluster, spkiSha256 }) => `key ${spkiSha256} in the ledger of ${cluster}`)),
  ...repeated(
    machines.flatMap(({ held: [first] }) => (first === undefined ? [] : `serial ${first.serial} at nodes`)),
  ),
];

const repeated = (values: readonly string[]): readonly string[] => {
  const seen = new Set<string>();
  return values.filter((value) => seen.size === seen.add(value).size).map((value) => `twice: ${value}`);
};

const differencesIn = (ledger: readonly LedgerRow[], machines: readonly Machine[]): readonly string[] => {
  const rows = new Map(ledger.map((row) => [keyOf(row.cluster, row.serial), row]));
  return machines.flatMap((machine) => {
    const [first] = machine.held;
    if (first === undefined) return [];
    const row = rows.get(keyOf(machine.cluster, first.serial));
    return differencesOf(machine, first, row).map((difference) => `${machine.node}: ${difference}`);
  });
};

const differencesOf = (
  { node, spkiSha256, held }: Machine,
  first: Held,
  row: LedgerRow | undefined,
): readonly string[] => {
  const others = held.filter(({ chain }) => chain !== first.chain);
  if (row === undefined) return [`the ledger has lost ${first.serial}`];
  return [
    ...others.map(() => "was answered with other bytes"),
    ...(first.spkiSha256 === spkiSha256 ? [] : ["got a certificate for another key"]),
    ...(row.spkiSha256 === spkiSha256 ? [] : ["the ledger has another key"]),
    ...(row.node === node ? [] : ["the ledger has another node"]),
    ...(row.state === "valid" ? [] : [`the ledger says ${row.state}`]),
    ...(row.sha256 === first.sha256 ? [] : ["the ledger has another certificate"]),
    ...(row.notAfter === first.notAfter ? [] : ["the ledger has another end"]),
  ];
};
