import { expect } from "chai";
import * as fc from "fast-check";

import { ByteBuffer } from "../../src/wire/byte-buffer.ts";

describe("ByteBuffer", () => {
  it("gives what was put in, in order", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 2_000 })), (chunks) => {
        const buffer = new ByteBuffer();
        for (const chunk of chunks) buffer.push(Buffer.from(chunk));

        expect(buffer.length).to.equal(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
        expect(buffer.take()).to.deep.equal(Buffer.concat(chunks));
      }),
    );
  });

  it("gives a single chunk back without a copy", () => {
    const buffer = new ByteBuffer();
    const chunk = Buffer.from("whole");

    buffer.push(chunk);

    expect(buffer.take()).to.equal(chunk);
  });

  it("never writes into a chunk that it was given", () => {
    const buffer = new ByteBuffer();
    const memory = Buffer.from("abcdef");

    buffer.push(memory.subarray(0, 3));
    buffer.push(Buffer.from("XYZ"));

    expect(buffer.take().toString()).to.equal("abcXYZ");
    expect(memory.toString()).to.equal("abcdef");
  });

  it("is empty after it was taken, and what was taken stays as it is", () => {
    const buffer = new ByteBuffer();
    for (const letter of "first") buffer.push(Buffer.from(letter));
    const first = buffer.take();

    for (const letter of "other") buffer.push(Buffer.from(letter));

    expect(buffer.take().toString()).to.equal("other");
    expect(first.toString()).to.equal("first");
    expect(buffer.take()).to.have.length(0);
  });

  it("takes no more memory for a million tiny chunks than for a few large ones", () => {
    const buffer = new ByteBuffer();
    const before = process.memoryUsage();

    for (let i = 0; i < 1_000_000; i++) buffer.push(Buffer.from("x"));

    const { arrayBuffers } = process.memoryUsage();
    expect(buffer.length).to.equal(1_000_000);
    expect(arrayBuffers - before.arrayBuffers).to.be.below(32 * 1024 * 1024);
  });
});
