import type { AddressBlock } from "../../node/address-block.ts";
import type { Port, RenderedFile } from "../renderer.ts";

const IPV4_OCTETS = 4;

/** EC2's IpPermissions (the API's `AuthorizeSecurityGroupIngress`): the cluster's ports, from its peers. */
export const securityGroupFile = (
  cluster: string,
  ports: readonly Port[],
  peers: readonly AddressBlock[],
): RenderedFile => ({
  path: "/etc/interlock/security-group.json",
  mode: "0644",
  owner: "root",
  group: "root",
  mergeComment: null,
  content: `${JSON.stringify(permissions(cluster, ports, peers), null, 2)}\n`,
});

const permissions = (
  cluster: string,
  ports: readonly Port[],
  peers: readonly AddressBlock[],
): readonly object[] =>
  ports
    .filter((port) => port.peers === "cluster")
    .map(({ name, port, lastPort = port, protocol }) => {
      const range = (block: AddressBlock) => ({
        cidr: `${block.text.split("/")[0] ?? ""}/${block.prefix}`,
        description: `${cluster} ${name}`,
      });
      const [ipv4, ipv6] = [true, false].map((wanted) =>
        peers.filter(({ network }) => (network.length === IPV4_OCTETS) === wanted).map(range),
      );
      return {
        IpProtocol: protocol,
        FromPort: port,
        ToPort: lastPort,
        IpRanges: (ipv4 ?? []).map(({ cidr, description }) => ({ CidrIp: cidr, Description: description })),
        Ipv6Ranges: (ipv6 ?? []).map(({ cidr, description }) => ({
          CidrIpv6: cidr,
          Description: description,
        })),
      };
    });
