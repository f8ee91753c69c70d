import { expect } from "chai";
import * as fc from "fast-check";

import { EventTooLarge, SSE_COMMENT, type SseEvent, SseReader, encodeSseEvent } from "../../src/wire/sse.ts";

function readAll(
  chunks: readonly Buffer[],
  maxBytes = 1_000_000,
): { id?: string; event?: string; data: string }[] {
  const reader = new SseReader(maxBytes);
  return chunks.flatMap((chunk) => reader.push(chunk)).map(plain);
}

function plain({ id, event, data }: SseEvent): { id?: string; event?: string; data: string } {
  return {
    ...(id === undefined ? {} : { id }),
    ...(event === undefined ? {} : { event }),
    data: data.toString(),
  };
}

const read = (text: string) => readAll([Buffer.from(text)]);

describe("SseReader", () => {
  it("reads id, type and data of an event", () => {
    expect(read("id: 7\nevent: message\ndata: {}\n\n")).to.deep.equal([
      { id: "7", event: "message", data: "{}" },
    ]);
  });

  it("reads lines that end with LF, CR or CRLF, also mixed", () => {
    for (const end of ["\n", "\r", "\r\n"]) {
      expect(read(`data: a${end}data: b${end}${end}data: c${end}${end}`)).to.deep.equal([
        { data: "a\nb" },
        { data: "c" },
      ]);
    }
    expect(read("data: a\r\ndata: b\n\rdata: c\r\r")).to.deep.equal([{ data: "a\nb" }, { data: "c" }]);
  });

  it("gives no event before its empty line has come", () => {
    const reader = new SseReader(1_000);

    expect(reader.push(Buffer.from("data: a"))).to.deep.equal([]);
    expect(reader.push(Buffer.from("bc\n"))).to.deep.equal([]);
    expect(reader.push(Buffer.from("\n")).map(plain)).to.deep.equal([{ data: "abc" }]);
  });

  it("drops a byte order mark at the beginning of the stream only", () => {
    expect(read("\ufeffdata: a\n\ndata: \ufeffb\n\n")).to.deep.equal([{ data: "a" }, { data: "\ufeffb" }]);
  });

  it("takes one blank after the colon away, and no more", () => {
    expect(read("data:a\ndata: b\ndata:  c\ndata\n\n")).to.deep.equal([{ data: "a\nb\n c\n" }]);
  });

  it("ignores comments and unknown fields", () => {
    expect(read(": keep-alive\n\nfoo: bar\ndataset: x\ndata: a\n:x\n\n")).to.deep.equal([{ data: "a" }]);
  });

  it("gives no event without data, and keeps nothing of it for the next one", () => {
    expect(read("event: ping\nid: 1\n\ndata: a\n\n")).to.deep.equal([{ data: "a" }]);
  });

  it("gives an event whose data is empty: servers open their streams so", () => {
    expect(read("id: 1\ndata:\n\n")).to.deep.equal([{ id: "1", data: "" }]);
  });

  it("remembers the last id and the pause that the server asks for", () => {
    const reader = new SseReader(1_000);

    reader.push(Buffer.from("id: a\n\nretry: 250\n\nid: b\ndata: x\n\nretry: soon\n\nid: c\0d\n\n"));

    expect(reader.lastEventId).to.equal("b");
    expect(reader.retryMs).to.equal(250);
  });

  it("gives bytes that are no UTF-8 as they are", () => {
    const [event] = new SseReader(100).push(Buffer.from([...Buffer.from("data: "), 0xff, 0x0a, 0x0a]));

    expect(event?.data).to.deep.equal(Buffer.from([0xff]));
  });

  it("reads the same events however the stream is cut", () => {
    const line = fc.string({ unit: fc.constantFrom("a", "ä", "😀", ":", " ", "\ufeff", "\0") });
    const part = fc.oneof(
      line.map((text) => `data: ${text}`),
      line.map((text) => `event:${text}`),
      line.map((text) => `id: ${text}`),
      line.map((text) => `:${text}`),
      fc.constant(""),
    );
    const stream = fc
      .array(fc.tuple(part, fc.constantFrom("\n", "\r", "\r\n")))
      .map((lines) => lines.flat().join(""));
    fc.assert(
      fc.property(stream, fc.array(fc.nat({ max: 200 }), { maxLength: 40 }), (text, cuts) => {
        const bytes = Buffer.from(text);
        const sorted = [...new Set(cuts.map((cut) => Math.min(cut, bytes.length)))].sort((a, b) => a - b);
        const chunks = [0, ...sorted].map((from, i) => bytes.subarray(from, sorted[i] ?? bytes.length));

        expect(readAll(chunks)).to.deep.equal(readAll([bytes]));
      }),
      { numRuns: 500 },
    );
  });

  it("reads back whatever encodeSseEvent writes", () => {
    const name = fc
      .string({ minLength: 1 })
      .filter((text) => !/[\r\n\0]/.test(text) && !text.startsWith(" "));
    fc.assert(
      fc.property(
        fc.option(name, { nil: undefined }),
        fc.option(name, { nil: undefined }),
        fc.string(),
        (id, event, data) => {
          const given = { ...(id === undefined ? {} : { id }), ...(event === undefined ? {} : { event }) };

          expect(readAll([encodeSseEvent({ ...given, data }), SSE_COMMENT])).to.deep.equal([
            { ...given, data: data.replaceAll(/\r\n|\r|\n/g, "\n") },
          ]);
        },
      ),
    );
  });

  describe("the cap", () => {
    const tooLarge = (chunks: readonly string[], maxBytes: number) => () =>
      readAll(
        chunks.map((chunk) => Buffer.from(chunk)),
        maxBytes,
      );

    it("refuses an event that grows too large in one line", () => {
      expect(tooLarge([`data: ${"x".repeat(101)}\n\n`], 100)).to.throw(EventTooLarge);
      expect(tooLarge([`data: ${"x".repeat(100)}\n\n`], 100)).not.to.throw();
    });

    it("refuses one that grows too large in many lines", () => {
      expect(tooLarge([`${`data: ${"x".repeat(9)}\n`.repeat(11)}\n`], 100)).to.throw(EventTooLarge);
    });

    it("refuses a line that never ends, before it is longer than the cap", () => {
      expect(
        tooLarge(
          Array.from({ length: 11 }, () => "x".repeat(10)),
          100,
        ),
      ).to.throw(EventTooLarge);
      expect(tooLarge([`: ${"x".repeat(200)}`], 100)).to.throw(EventTooLarge);
    });

    it("counts each event by itself", () => {
      expect(tooLarge([`data: ${"x".repeat(90)}\n\n`.repeat(50)], 100)).not.to.throw();
    });

    it("is final: the reader is of no more use", () => {
      const reader = new SseReader(10);
      expect(() => reader.push(Buffer.from("data: 01234567890\n\n"))).to.throw(EventTooLarge);

      expect(() => reader.push(Buffer.from("data: a\n\n"))).to.throw(EventTooLarge);
    });
  });

  it("takes time in proportion to the stream, also when it comes byte by byte", () => {
    const reader = new SseReader(1_000_000);
    const started = performance.now();

    for (let i = 0; i < 300_000; i++) reader.push(Buffer.from("x"));

    expect(performance.now() - started).to.be.below(1_500);
  });
});

describe("encodeSseEvent", () => {
  it("writes what every client reads", () => {
    expect(encodeSseEvent({ event: "message", id: "1", data: "{}" }).toString()).to.equal(
      "event: message\nid: 1\ndata: {}\n\n",
    );
    expect(encodeSseEvent({ data: Buffer.from("{}") }).toString()).to.equal("data: {}\n\n");
  });

  it("lets no line break in an id or a type begin another field", () => {
    expect(encodeSseEvent({ id: "1\ndata: evil", event: "a\r\nb", data: "x" }).toString()).to.equal(
      "event: ab\nid: 1data: evil\ndata: x\n\n",
    );
  });

  it("keeps the bytes of data with line breaks", () => {
    expect(encodeSseEvent({ data: Buffer.from("ä\nü\r\n") }).toString()).to.equal(
      "data: ä\ndata: ü\ndata: \n\n",
    );
  });
});
