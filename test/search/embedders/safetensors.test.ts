import { expect } from "chai";

import { Safetensors } from "../../../src/search/embedders/safetensors.ts";
import { refusal } from "../../support/refusal.ts";
import { type TensorSketch, floats, safetensors } from "./made-models.ts";

const bytesOf = (array: ArrayBufferView<ArrayBuffer>) => new Uint8Array(array.buffer);

describe("Safetensors", () => {
  const cases: readonly (readonly [string, Uint8Array, number[]])[] = [
    ["F32", floats([1.5, -2]), [1.5, -2]],
    ["F64", bytesOf(Float64Array.of(1.5, -2)), [1.5, -2]],
    [
      "F16",
      bytesOf(Uint16Array.of(0x3e00, 0xc000, 0x0001, 0x7c00, 0x8000)),
      [1.5, -2, 2 ** -24, Infinity, -0],
    ],
    ["BF16", bytesOf(Uint16Array.of(0x3fc0, 0xc000)), [1.5, -2]],
    ["I64", bytesOf(BigInt64Array.of(7n, -7n)), [7, -7]],
    ["I32", bytesOf(Int32Array.of(7, -7)), [7, -7]],
    ["I8", bytesOf(Int8Array.of(7, -7)), [7, -7]],
    ["U8", Uint8Array.of(7, 255), [7, 255]],
  ];
  for (const [dtype, bytes, values] of cases) {
    it(`reads ${dtype}`, () => {
      const file = new Safetensors(safetensors({ t: { dtype, shape: [values.length], bytes } }));

      expect([...(file.tensor("t")?.values ?? [])]).to.deep.equal(values);
    });
  }

  it("reads several tensors wherever the file lies in memory", () => {
    const tensors: Record<string, TensorSketch> = {
      first: { dtype: "U8", shape: [3], bytes: Uint8Array.of(1, 2, 3) },
      second: { shape: [2, 1], bytes: floats([4, 5]) },
    };
    const file = new Safetensors(Buffer.concat([Buffer.from("xyz"), safetensors(tensors)]).subarray(3));

    expect(file.names).to.deep.equal(["first", "second"]);
    expect(file.tensor("second")).to.deep.equal({ shape: [2, 1], values: Float32Array.of(4, 5) });
    expect(file.tensor("third")).to.equal(undefined);
    expect(file.tensor("constructor")).to.equal(undefined);
  });

  it("refuses what is cut, has no header or an unknown type", () => {
    const whole = safetensors({ t: { shape: [2], bytes: floats([1, 2]) } });
    const strange = safetensors({ t: { dtype: "F4", shape: [2], bytes: Uint8Array.of(1) } });
    const header = Buffer.from(whole);
    header.write("x", 9);
    const endless = Buffer.from(whole);
    endless.writeBigUInt64LE(2n ** 60n);

    expect(refusal(() => new Safetensors(whole.subarray(0, 5))).message).to.contain("header is cut");
    expect(refusal(() => new Safetensors(endless)).message).to.contain("header is cut");
    expect(refusal(() => new Safetensors(header)).message).to.contain("no JSON");
    expect(refusal(() => new Safetensors(whole.subarray(0, -1)).tensor("t")).message).to.contain(
      '"t" is cut',
    );
    expect(refusal(() => new Safetensors(strange).tensor("t")).message).to.contain("type F4");
  });
});
