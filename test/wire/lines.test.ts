import { expect } from "chai";
import * as fc from "fast-check";

import { LineReader, LineTooLong } from "../../src/wire/lines.ts";

const texts = (lines: readonly Buffer[]) => lines.map((line) => line.toString("utf8"));

function caught(work: () => unknown): LineTooLong {
  try {
    work();
  } catch (error) {
    if (error instanceof LineTooLong) return error;
    throw error;
  }
  return expect.fail("nothing was thrown");
}

describe("LineReader", () => {
  it("gives each line without its line end", () => {
    const reader = new LineReader(100);

    expect(texts(reader.push(Buffer.from("one\ntwo\r\nthree\n")))).to.deep.equal(["one", "two", "three"]);
  });

  it("joins a line that arrives in pieces", () => {
    const reader = new LineReader(100);

    expect(reader.push(Buffer.from("he"))).to.deep.equal([]);
    expect(reader.push(Buffer.from("ll"))).to.deep.equal([]);
    expect(reader.pendingBytes).to.equal(4);
    expect(texts(reader.push(Buffer.from("o\nwor")))).to.deep.equal(["hello"]);
    expect(texts(reader.push(Buffer.from("ld\n")))).to.deep.equal(["world"]);
    expect(reader.pendingBytes).to.equal(0);
  });

  it("joins a line end that is cut between CR and LF", () => {
    const reader = new LineReader(100);

    expect(reader.push(Buffer.from("one\r"))).to.deep.equal([]);
    expect(texts(reader.push(Buffer.from("\ntwo\n")))).to.deep.equal(["one", "two"]);
  });

  it("leaves out empty lines", () => {
    const reader = new LineReader(100);

    expect(texts(reader.push(Buffer.from("\n\r\n\none\n\n")))).to.deep.equal(["one"]);
  });

  it("keeps a carriage return that is not at the end of the line", () => {
    const reader = new LineReader(100);

    expect(texts(reader.push(Buffer.from("a\rb\n")))).to.deep.equal(["a\rb"]);
  });

  it("joins a character that is cut in the middle of its bytes", () => {
    const bytes = Buffer.from("€\n");
    const reader = new LineReader(100);

    const lines = [...bytes].flatMap((byte) => reader.push(Buffer.of(byte)));

    expect(texts(lines)).to.deep.equal(["€"]);
  });

  it("accepts a line of exactly the cap", () => {
    const reader = new LineReader(5);

    expect(texts(reader.push(Buffer.from("12345\n")))).to.deep.equal(["12345"]);
  });

  it("refuses a line over the cap before its end has come", () => {
    const reader = new LineReader(5);
    reader.push(Buffer.from("123"));

    const error = caught(() => reader.push(Buffer.from("456")));

    expect(error.code).to.equal("payload_too_large");
    expect(error.details).to.deep.equal({ max_bytes: 5 });
    expect(reader.pendingBytes, "memory is given back").to.equal(0);
  });

  it("hands over the lines that were complete before the one that is too long", () => {
    const reader = new LineReader(5);

    const error = caught(() => reader.push(Buffer.from("one\ntwo\nthree is long\nfour\n")));

    expect(texts(error.lines)).to.deep.equal(["one", "two"]);
  });

  it("stays refused after a line that was too long", () => {
    const reader = new LineReader(5);
    caught(() => reader.push(Buffer.from("123456")));

    expect(caught(() => reader.push(Buffer.from("\nok\n"))).lines).to.deep.equal([]);
  });

  it("gives the last line of a stream that ends without a line end", () => {
    const reader = new LineReader(100);
    reader.push(Buffer.from("one\ntwo"));

    expect(reader.end()?.toString()).to.equal("two");
    expect(reader.end()).to.equal(undefined);
  });

  it("gives the same lines however the stream is cut", () => {
    const line = fc.string({ unit: fc.constantFrom("a", "{", "€", '"', " ") });
    fc.assert(
      fc.property(fc.array(line), fc.array(fc.nat(20)), (lines, cuts) => {
        const bytes = Buffer.from(lines.map((text) => `${text}\n`).join(""));
        const reader = new LineReader(10_000);
        const seen: Buffer[] = [];
        let at = 0;
        for (const cut of cuts) {
          seen.push(...reader.push(bytes.subarray(at, at + cut)));
          at += cut;
        }
        seen.push(...reader.push(bytes.subarray(at)));

        expect(texts(seen)).to.deep.equal(lines.filter((text) => text !== ""));
      }),
    );
  });
});
