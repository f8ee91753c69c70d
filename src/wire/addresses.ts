import { BlockList, isIPv4, isIPv6 } from "node:net";

export type AddressKind =
  | "public"
  | "loopback"
  | "private"
  | "link-local"
  | "metadata"
  | "unspecified"
  | "multicast"
  | "reserved";

/** In this order: an address is of the first kind that lists it. Cloud metadata services hide in several ranges. */
const RANGES: readonly (readonly [AddressKind, readonly string[]])[] = [
  [
    "metadata",
    ["169.254.169.254/32", "169.254.170.2/32", "169.254.170.23/32", "168.63.129.16/32", "100.100.100.200/32"],
  ],
  ["metadata", ["fd00:ec2::254/128", "fd00:ec2::23/128", "fd20:ce::254/128"]],
  ["unspecified", ["0.0.0.0/8", "::/128"]],
  ["loopback", ["127.0.0.0/8", "::1/128"]],
  ["link-local", ["169.254.0.0/16", "fe80::/10"]],
  ["private", ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7", "fec0::/10"]],
  ["multicast", ["224.0.0.0/4", "ff00::/8"]],
  ["reserved", ["192.0.0.0/24", "192.0.2.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24"]],
  ["reserved", ["192.88.99.0/24", "240.0.0.0/4", "100::/64", "2001::/32", "2001:db8::/32", "64:ff9b:1::/48"]],
];

const LISTS = RANGES.map(([kind, ranges]) => [kind, blockList(ranges)] as const);

/** What an IP address leads to; an IPv4 address that is wrapped in an IPv6 one is judged by itself. Text that is no address is reserved. */
export function addressKind(address: string): AddressKind {
  if (isIPv4(address)) return kindIn(address, "ipv4");
  const plain = address.split("%", 1)[0] ?? "";
  if (!isIPv6(plain)) return "reserved";
  const embedded = embeddedIpv4(groupsOf(plain));
  return embedded === undefined ? kindIn(plain, "ipv6") : kindIn(embedded, "ipv4");
}

function kindIn(address: string, family: "ipv4" | "ipv6"): AddressKind {
  return LISTS.find(([, list]) => list.check(address, family))?.[0] ?? "public";
}

function blockList(ranges: readonly string[]): BlockList {
  const list = new BlockList();
  for (const range of ranges) {
    const [network = "", bits] = range.split("/");
    list.addSubnet(network, Number(bits), network.includes(":") ? "ipv6" : "ipv4");
  }
  return list;
}

/** The eight 16-bit groups of a valid IPv6 address. */
function groupsOf(address: string): readonly number[] {
  const dotted = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(address);
  const text =
    dotted === null
      ? address
      : `${dotted[1]}${hexPair(dotted[2], dotted[3])}:${hexPair(dotted[4], dotted[5])}`;
  const [head = "", tail] = text.split("::");
  const before = head === "" ? [] : head.split(":");
  const after = tail === undefined || tail === "" ? [] : tail.split(":");
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => "0");
  return [...before, ...zeros, ...after].map((group) => Number.parseInt(group, 16));
}

function hexPair(high = "0", low = "0"): string {
  return (Number(high) * 256 + Number(low)).toString(16);
}

/** How an IPv6 address begins that ends with an IPv4 one: mapped, compatible, translated (RFC 2765), NAT64 (RFC 6052). */
const WRAPPERS = ["0:0:0:0:0:ffff", "0:0:0:0:0:0", "0:0:0:0:ffff:0", "64:ff9b:0:0:0:0"];

/** Nothing for an address that stands for itself, as `::` and `::1` do. */
function embeddedIpv4(groups: readonly number[]): string | undefined {
  const hex = groups.map((group) => group.toString(16));
  if (hex[0] === "2002") return dottedOf(groups[1], groups[2]);
  const [high, low] = groups.slice(6);
  const isOwn = hex.slice(0, 7).every((group) => group === "0") && (low ?? 0) <= 1;
  return !isOwn && WRAPPERS.includes(hex.slice(0, 6).join(":")) ? dottedOf(high, low) : undefined;
}

function dottedOf(high = 0, low = 0): string {
  return `${high >> 8}.${high & 255}.${low >> 8}.${low & 255}`;
}
