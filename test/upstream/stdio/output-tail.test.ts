import { expect } from "chai";

import { OutputTail } from "../../../src/upstream/stdio/output-tail.ts";

function tailOf(
  chunks: readonly string[],
  maxBytes = 100,
  variables: Record<string, string> = {},
): OutputTail {
  const tail = new OutputTail(maxBytes, variables);
  for (const chunk of chunks) tail.push(Buffer.from(chunk));
  return tail;
}

describe("OutputTail", () => {
  it("keeps all that fits", () => {
    expect(tailOf(["one\n", "two\n"]).text).to.equal("one\ntwo\n");
  });

  it("is empty in the beginning", () => {
    expect(tailOf([]).text).to.equal("");
    expect(tailOf([]).last(10)).to.equal("");
  });

  it("drops the oldest and begins with a whole line", () => {
    const tail = tailOf(["first line\n", "second line\n", "third line\n"], 25);

    expect(tail.text).to.equal("third line\n");
  });

  it("keeps only the end of one huge chunk", () => {
    const tail = tailOf([`${"x".repeat(1_000)}\nthe end\n`], 20);

    expect(tail.text).to.equal("the end\n");
  });

  it("never holds more than its size, however small the writes are", () => {
    const tail = tailOf(
      Array.from({ length: 10_000 }, (_, n) => `${n}\n`),
      1_000,
    );

    expect(tail.text.length).to.be.at.most(1_000);
    expect(tail.text.endsWith("9998\n9999\n")).to.equal(true);
    expect(tail.text.length).to.be.above(500);
  });

  it("writes the values of declared variables as references", () => {
    const tail = tailOf(["key=s3cr3t-value!\n"], 100, { KEY: "s3cr3t-value!" });

    expect(tail.text).to.equal("key=${KEY}\n");
  });

  it("finds a value that came in two pieces", () => {
    const tail = tailOf(["key=s3cr3t", "-value!\n"], 100, { KEY: "s3cr3t-value!" });

    expect(tail.text).to.equal("key=${KEY}\n");
  });

  it("replaces the longer of two values that overlap", () => {
    const tail = tailOf(["abcdefgh-and-more"], 100, { SHORT: "abcdefgh", LONG: "abcdefgh-and-more" });

    expect(tail.text).to.equal("${LONG}");
  });

  it("leaves short values alone: they are words, not secrets", () => {
    expect(tailOf(["mode dev"], 100, { MODE: "dev", EMPTY: "" }).text).to.equal("mode dev");
  });

  it("shows no half of a value that was cut, line ends or not", () => {
    const secret = "0123456789abcdef";

    const tail = tailOf([secret.repeat(10)], 25, { KEY: secret });

    expect(tail.text).not.to.contain("789abcdef");
  });

  it("gives the last whole lines for an error", () => {
    const tail = tailOf(["a first line\na second line\nthe third\n"]);

    expect(tail.last(20)).to.equal("the third");
    expect(tail.last(1_000)).to.equal("a first line\na second line\nthe third");
  });
});
