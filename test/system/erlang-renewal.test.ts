import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { capability } from "../support/capability.ts";
import { connects, parseLinks } from "../support/distribution.ts";
import { nodeOn, PAIR, STRANGER } from "../support/erlang-clusters.ts";
import type { ErlangNode } from "../support/erlang-node.ts";
import { startErlangSite, type ErlangSite, type Installation } from "../support/erlang-site.ts";
import { run } from "../support/process.ts";
import { requireOrSkip } from "../support/requirements.ts";
import {
  expectWithin,
  installedSerial,
  PICK_UP_SECONDS,
  serialOfPeer,
  shownTo,
  type TlsFolder,
} from "../support/shown-certificate.ts";

const describeNodes = requireOrSkip("erlang-nodes", () => capability("erlang-nodes"));

describeNodes("a linked node that renews to a new key", { timeout: 300_000 }, () => {
  const cluster = "release";
  let site: ErlangSite;
  beforeAll(async () => {
    site = await startErlangSite();
  });
  afterAll(() => site[Symbol.asyncDispose]());

  /** The new key and the proof are made on the node, from the files that its bundle has put there; curl runs beside it, as the machine has no way out. */
  const renewOn = async (installation: Installation): Promise<string> => {
    const { machine, bundle } = installation;
    const { privateKey } = bundle;
    const url = `${site.deployment.origin()}/v1/clusters/${cluster}/nodes/${nodeOn(machine, cluster)}/bundle`;
    const sign = [...machine.enter(), "sh", "-euc", MAKE_PROOF, "sh", dirname(privateKey.path)];
    const folder = mkdtempSync(join(tmpdir(), "interlock-renewal-"));
    const tar = join(folder, "bundle.tar");
    try {
      expect(await run(["sh", "-euc", SEND, "sh", `${url}?format=tar`, tar, ...sign])).toBe("201");
      const content = await machine.exec(["cat", "/run/next_key.pem"]);
      await machine.install(readFileSync(tar), { ...privateKey, content });
    } finally {
      rmSync(folder, { recursive: true });
    }
    return installedSerial(tlsOf(installation));
  };

  it(`shows its new certificate to new peers within ${PICK_UP_SECONDS} s and keeps its links`, async () => {
    const [first, second] = [
      await site.install(site.at(PAIR[0]), cluster),
      await site.install(site.at(PAIR[1]), cluster),
    ];
    const [one, two] = [await site.start(first), await site.start(second)];
    expect(await connects(two, one)).toMatchObject({ connected: true });
    const shown = () => shownTo(tlsOf(second), listeningAt(first));
    const [link, old] = [await linkOf(one), await shown()];

    const renewed = await renewOn(first);
    expect(renewed).not.toBe(old);
    await expectWithin(PICK_UP_SECONDS, async () => (await shown()) === renewed);

    const three = await site.start(await site.install(site.at(STRANGER), cluster));
    expect(await three.eval(`node_control:dial('${one.name}')`)).toBe("connected");
    expect(serialOfPeer(parseLinks(await three.eval("node_control:links()")), one.name)).toBe(renewed);
    expect(await linkOf(one)).toContain(link);
    expect(await two.eval("nodes()")).toContain(one.name);
  });
});

const MAKE_PROOF = `
cd "$1"
openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj / -keyout /run/next_key.pem -out /run/next.csr
openssl cms -sign -binary -nodetach -md sha256 -signer node.pem -inkey node_key.pem -in /run/next.csr -outform PEM
`;

/** Pipes what a program prints to `$1`, writes the reply to `$2` and prints its status. */
const SEND = `
url=$1 reply=$2; shift 2
"$@" | curl -sS --data-binary @- -o "$reply" -w '%{http_code}' "$url"
`;

/** The process below the link to the one peer: another one would be another connection. */
const linkOf = async (node: ErlangNode): Promise<string> =>
  (await node.eval("[{_, Link} | _] = lists:sort(erlang:system_info(dist_ctrl)), Link")).trim();

const tlsOf = ({ machine, bundle }: Installation): TlsFolder => ({
  machine,
  folder: dirname(bundle.privateKey.path),
});

const listeningAt = ({ machine, bundle }: Installation): string =>
  `${machine.address}:${bundle.ports.find(({ name }) => name === "distribution")?.port ?? 0}`;
