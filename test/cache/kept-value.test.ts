import { expect } from "chai";
import * as fc from "fast-check";

import { type KeptValue, decodeKept, encodeKept } from "../../src/cache/kept-value.ts";

const kept: KeptValue = {
  value: Buffer.from("sunny"),
  madeAt: 1_772_000_000_123.5,
  ttlMs: 60_000,
  staleMs: 5_000,
  tags: ["weather", "weather__forecast"],
};

describe("a kept value as bytes", () => {
  it("comes back as it was", () => {
    expect(decodeKept(encodeKept(kept))).to.deep.equal(kept);
  });

  it("may be empty, and without tags", () => {
    const empty = { ...kept, value: Buffer.alloc(0), tags: [] };

    expect(decodeKept(encodeKept(empty))).to.deep.equal(empty);
  });

  it("comes back whatever its parts are", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 500 }),
        fc.array(fc.string(), { maxLength: 5 }),
        fc.nat(),
        (bytes, tags, ttlMs) => {
          const value = { ...kept, value: Buffer.from(bytes), tags, ttlMs };
          expect(decodeKept(encodeKept(value))).to.deep.equal(value);
        },
      ),
    );
  });

  it("is not read when it is of another format, cut off, or somebody else's", () => {
    const whole = encodeKept(kept);
    const newer = Buffer.from(whole);
    newer.writeUInt8(2, 0);
    const broken = Buffer.from(whole);
    broken.write("x", 19);

    for (const bytes of [newer, broken, whole.subarray(0, 30), whole.subarray(0, 5), Buffer.alloc(0)])
      expect(decodeKept(bytes)).to.equal(undefined);
  });

  it("never throws, whatever lies there", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        expect(() => decodeKept(Buffer.from([1, ...bytes]))).to.not.throw();
      }),
    );
  });
});
