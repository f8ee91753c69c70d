import { expect } from "chai";

import { ByteSize, toBytes } from "../../src/config/byte-size.ts";

describe("ByteSize", () => {
  for (const [size, bytes] of [
    [1, 1],
    [4_096, 4_096],
    ["1KiB", 1_024],
    ["64KiB", 65_536],
    ["10MiB", 10_485_760],
    ["1GiB", 1_073_741_824],
  ] as const) {
    it(`reads ${JSON.stringify(size)} as ${bytes} bytes`, () => {
      expect(toBytes(ByteSize.parse(size))).to.equal(bytes);
    });
  }

  for (const size of [
    0,
    -1,
    1.5,
    Number.NaN,
    "",
    "0KiB",
    "64kib",
    "64KB",
    "64 KiB",
    "KiB",
    "1TiB",
    "-1KiB",
    "9999999GiB",
    null,
  ]) {
    it(`refuses ${JSON.stringify(size)}`, () => {
      expect(ByteSize.safeParse(size).success).to.equal(false);
    });
  }
});
