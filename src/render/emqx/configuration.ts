import type { NodeName } from "../../node/node-name.ts";
import type { TlsVersion } from "../../policy/render-settings.ts";
import type { DistributionTls } from "../distribution/tls.ts";
import { envFileLine } from "../text/env-file.ts";
import { printHocon, word, type HoconField } from "../text/hocon.ts";

/** What EMQX's configuration says about one node. */
export interface EmqxNode {
  readonly node: NodeName;
  readonly cookie: string | null;
  readonly tls: DistributionTls;
  readonly distributionPort: number;
  readonly rpcPort: number;
}

/** `rpc.tls_versions` came with 5.4, so the built-in default of both versions stays unsaid. */
export const needsTlsVersions = ({ versions }: DistributionTls): boolean => versions.length === 1;

const protocolNames = (versions: readonly TlsVersion[]): readonly string[] =>
  versions.map((version) => `tlsv${version}`);

/** A fragment of `emqx.conf` (`erlang.md` §14.4). RPC checks the chain and both extended key usages by itself, never names. */
export const configuration = ({ node, cookie, tls, distributionPort, rpcPort }: EmqxNode): string =>
  printHocon([
    {
      key: "node",
      value: {
        fields: [
          { key: "name", value: node.text },
          ...(cookie === null ? [] : [{ key: "cookie", value: cookie }]),
        ],
      },
    },
    {
      key: "cluster",
      value: {
        fields: [
          {
            key: "proto_dist",
            value: word(tls.protocol),
            comment: `links between core nodes: port 4370 and the number at the end of the name, ${distributionPort} here`,
          },
        ],
      },
    },
    { key: "rpc", value: { fields: rpc(tls, rpcPort) } },
  ]);

const rpc = (tls: DistributionTls, port: number): readonly HoconField[] => [
  {
    key: "driver",
    value: word("ssl"),
    comment: `remote calls between nodes: port 5370 and the number at the end of the name, ${port} here`,
  },
  { key: "port_discovery", value: word("stateless") },
  { key: "certfile", value: tls.certfile },
  { key: "keyfile", value: tls.keyfile },
  { key: "cacertfile", value: tls.cacertfile },
  ...(needsTlsVersions(tls) ? [{ key: "tls_versions", value: protocolNames(tls.versions).map(word) }] : []),
];

/** The same as variables, for containers. They win over `emqx.conf`. */
export const environment = ({ node, cookie, tls }: EmqxNode, shippedOptionFile: string): string =>
  [
    `# TLS between the cluster nodes, for ${node.text}: docker run --env-file, or EnvironmentFile= of a unit.`,
    envFileLine("EMQX_NODE__NAME", node.text),
    ...(cookie === null ? [] : [envFileLine("EMQX_NODE__COOKIE", cookie)]),
    envFileLine("EMQX_CLUSTER__PROTO_DIST", tls.protocol),
    ...(tls.optionFile === null || tls.optionFile === shippedOptionFile
      ? []
      : [envFileLine("EMQX_SSL_DIST_OPTFILE", tls.optionFile)]),
    envFileLine("EMQX_RPC__DRIVER", "ssl"),
    envFileLine("EMQX_RPC__PORT_DISCOVERY", "manual"),
    envFileLine("EMQX_RPC__CERTFILE", tls.certfile),
    envFileLine("EMQX_RPC__KEYFILE", tls.keyfile),
    envFileLine("EMQX_RPC__CACERTFILE", tls.cacertfile),
    ...(needsTlsVersions(tls)
      ? [envFileLine("EMQX_RPC__TLS_VERSIONS", `[${protocolNames(tls.versions).join(",")}]`)]
      : []),
    "",
  ].join("\n");
