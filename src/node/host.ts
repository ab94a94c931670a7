/** The right side of a node name. Peers verify it against the certificate's SAN (RFC 6125; `erlang.md` §2). */
export type Host =
  | { readonly kind: "name"; readonly text: string; readonly labels: readonly string[] }
  | { readonly kind: "ip"; readonly text: string; readonly octets: Uint8Array };

/** RFC 1035 §2.3.4: 255 octets on the wire are 253 characters of text. */
export const MAX_HOST_LENGTH = 253;
const LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
const DECIMAL_OCTET = /^(?:0|[1-9][0-9]{0,2})$/;
const HEX_GROUP = /^(?:0|[1-9a-f][0-9a-f]{0,3})$/;

/** Whether the text is one label of a host name: what may stand between two dots. */
export const isLabel = (text: string): boolean => LABEL.test(text);

/** A lower-case LDH host name, an IPv4 literal, or an IPv6 literal in its RFC 5952 form; otherwise `null`. */
export const parseHost = (text: string): Host | null => {
  if (text.length === 0 || text.length > MAX_HOST_LENGTH) return null;
  if (text.includes(":")) return ipHost(text, parseIpv6(text));
  const labels = text.split(".");
  // A name whose last label is a number, in hex too, is an address to every resolver (RFC 3696 §2, inet_aton), so it must be a good one.
  if (/^(?:[0-9]+|0x[0-9a-f]*)$/.test(labels.at(-1) ?? "")) return ipHost(text, parseIpv4(labels));
  return labels.every((label) => LABEL.test(label)) ? { kind: "name", text, labels } : null;
};

const ipHost = (text: string, octets: Uint8Array | null): Host | null =>
  octets === null ? null : { kind: "ip", text, octets };

const parseIpv4 = (parts: readonly string[]): Uint8Array | null => {
  if (parts.length !== 4 || !parts.every((part) => DECIMAL_OCTET.test(part) && Number(part) <= 255))
    return null;
  return Uint8Array.from(parts, Number);
};

const parseIpv6 = (text: string): Uint8Array | null => {
  const halves = text.split("::");
  if (halves.length > 2) return null;
  const [head = [], tail = []] = halves.map((half) => (half === "" ? [] : half.split(":")));
  const missing = 8 - head.length - tail.length;
  if (halves.length === 2 ? missing < 2 : missing !== 0) return null;
  const groups = [...head, ...Array<string>(halves.length === 2 ? missing : 0).fill("0"), ...tail];
  if (!groups.every((group) => HEX_GROUP.test(group))) return null;
  const octets = Uint8Array.from(
    groups.flatMap((group) => [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 255]),
  );
  // One address, one text: Erlang compares the text that the connecting node was given.
  return formatIpv6(octets) === text ? octets : null;
};

/** RFC 5952: the first longest run of two or more zero groups becomes `::`. */
export const formatIpv6 = (octets: Uint8Array): string => {
  const groups = Array.from({ length: 8 }, (_, i) =>
    (((octets[2 * i] ?? 0) << 8) | (octets[2 * i + 1] ?? 0)).toString(16),
  );
  let best = { start: 0, length: 1 };
  for (let start = 0; start < 8; start++) {
    let length = 0;
    while (groups[start + length] === "0") length++;
    if (length > best.length) best = { start, length };
  }
  if (best.length < 2) return groups.join(":");
  return `${groups.slice(0, best.start).join(":")}::${groups.slice(best.start + best.length).join(":")}`;
};
