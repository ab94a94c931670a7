import { parseHost } from "./host.ts";

/** An IPv4 or IPv6 block in CIDR notation (RFC 4632 §3.1), or one address. */
export interface AddressBlock {
  readonly text: string;
  readonly network: Uint8Array;
  readonly prefix: number;
}

/** A block wider than this is not a cluster's network but most of an address family. */
const MIN_PREFIX = 8;
const PREFIX = /^[1-9][0-9]{0,2}$/;

/** `10.20.0.0/16`, `fd00:20::/32` or `10.20.0.12`. `null` for anything else, for host bits that are set, and for less than a /8. */
export const parseAddressBlock = (text: string): AddressBlock | null => {
  const [address = "", length, ...more] = text.split("/");
  const host = parseHost(address);
  if (host?.kind !== "ip" || more.length > 0 || (length !== undefined && !PREFIX.test(length))) return null;
  const bits = host.octets.length * 8;
  const prefix = length === undefined ? bits : Number(length);
  if (prefix < MIN_PREFIX || prefix > bits || hasHostBits(host.octets, prefix)) return null;
  return { text, network: host.octets, prefix };
};

/** Whether its addresses are IPv4's; otherwise they are IPv6's. */
export const isIpv4 = ({ network }: AddressBlock): boolean => network.length === 4;

/** Whether an address of the same family lies in the block. */
export const inBlock = (block: AddressBlock, address: Uint8Array): boolean =>
  address.length === block.network.length &&
  address.every((octet, i) => (octet & maskOctet(block.prefix, i)) === block.network[i]);

const hasHostBits = (network: Uint8Array, prefix: number): boolean =>
  network.some((octet, i) => (octet & ~maskOctet(prefix, i)) !== 0);

/** Octet `index` of the netmask of a prefix length. */
const maskOctet = (prefix: number, index: number): number => {
  const bits = Math.min(Math.max(prefix - 8 * index, 0), 8);
  return (0xff << (8 - bits)) & 0xff;
};
