import { isIpv4, type AddressBlock } from "../../node/address-block.ts";
import type { Port, RenderedFile } from "../renderer.ts";
import { ROOT_FILE } from "./root-file.ts";

/** EC2's IpPermissions (the API's `AuthorizeSecurityGroupIngress`): the cluster's ports, from its peers. */
export const securityGroupFile = (
  cluster: string,
  ports: readonly Port[],
  peers: readonly AddressBlock[],
): RenderedFile => ({
  path: "/etc/interlock/security-group.json",
  ...ROOT_FILE,
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
      const description = `${cluster} ${name}`;
      return {
        IpProtocol: protocol,
        FromPort: port,
        ToPort: lastPort,
        IpRanges: peers.filter(isIpv4).map((block) => ({ CidrIp: cidr(block), Description: description })),
        Ipv6Ranges: peers
          .filter((block) => !isIpv4(block))
          .map((block) => ({ CidrIpv6: cidr(block), Description: description })),
      };
    });

const cidr = ({ text, prefix }: AddressBlock): string => `${text.split("/")[0] ?? ""}/${prefix}`;
