import { expect } from "chai";

import { addressKind } from "../../src/wire/addresses.ts";

const KINDS = {
  public: [
    "8.8.8.8",
    "1.1.1.1",
    "172.15.0.1",
    "172.32.0.1",
    "100.63.0.1",
    "2606:4700::1111",
    "2001:4860:4860::8888",
  ],
  loopback: ["127.0.0.1", "127.255.255.254", "::1"],
  private: [
    "10.0.0.1",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "100.64.0.1",
    "fc00::1",
    "fd12:3456::1",
    "fec0::1",
  ],
  "link-local": ["169.254.1.1", "fe80::1", "fe80::1%eth0", "febf::1"],
  metadata: [
    "169.254.169.254",
    "168.63.129.16",
    "100.100.100.200",
    "169.254.170.2",
    "fd00:ec2::254",
    "fd20:ce::254",
  ],
  unspecified: ["0.0.0.0", "0.1.2.3", "::"],
  multicast: ["224.0.0.1", "239.255.255.255", "ff02::1"],
  reserved: [
    "255.255.255.255",
    "240.0.0.1",
    "192.0.2.1",
    "198.18.0.1",
    "203.0.113.9",
    "2001:db8::1",
    "64:ff9b:1::1",
    "2001::1",
  ],
} as const;

describe("addressKind", () => {
  for (const [kind, addresses] of Object.entries(KINDS)) {
    for (const address of addresses) {
      it(`knows ${address} as ${kind}`, () => {
        expect(addressKind(address)).to.equal(kind);
      });
    }
  }

  const wrapped: readonly (readonly [string, string])[] = [
    ["::ffff:127.0.0.1", "loopback"],
    ["::ffff:7f00:1", "loopback"],
    ["0:0:0:0:0:ffff:10.1.2.3", "private"],
    ["::ffff:169.254.169.254", "metadata"],
    ["::ffff:a9fe:a9fe", "metadata"],
    ["::127.0.0.1", "loopback"],
    ["::ffff:0:127.0.0.1", "loopback"],
    ["64:ff9b::169.254.169.254", "metadata"],
    ["64:ff9b::a00:1", "private"],
    ["2002:7f00:1::", "loopback"],
    ["2002:a9fe:a9fe::1", "metadata"],
    ["::ffff:8.8.8.8", "public"],
    ["64:ff9b::808:808", "public"],
    ["2002:808:808::1", "public"],
  ];
  for (const [address, kind] of wrapped) {
    it(`looks through ${address} to a ${kind} address`, () => {
      expect(addressKind(address)).to.equal(kind);
    });
  }

  it("trusts nothing that is no address", () => {
    for (const text of ["", "localhost", "127.1", "0x7f000001", "2130706433", "1.2.3.4.5", ":::1", "[::1]"]) {
      expect(addressKind(text), text).to.equal("reserved");
    }
  });
});
