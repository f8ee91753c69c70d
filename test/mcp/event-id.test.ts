import { expect } from "chai";
import { assert, boolean, integer, nat, oneof, pre, property, string } from "fast-check";

import { encodeEventId, fitsEventId, parseEventId } from "../../src/mcp/event-id.ts";

const log = "abcdefgh-_345678";

describe("event ids", () => {
  it("say which event of which stream they are, and which request the stream answers", () => {
    const news = { log, stream: 0, seq: 17, request: undefined, last: false };
    const answer = { log, stream: 3, seq: 1, request: "größe 1", last: true };

    expect(parseEventId(encodeEventId(news))).to.deep.equal(news);
    expect(parseEventId(encodeEventId(answer))).to.deep.equal(answer);
    expect(encodeEventId(news)).to.equal(`${log}.0.17`);
  });

  it("come back as they were for every request id that fits, in characters that a header may have", () => {
    const requests = oneof(string({ maxLength: 256, unit: "grapheme" }), integer());
    assert(
      property(requests, nat(999_999), boolean(), (request, seq, last) => {
        pre(fitsEventId(request));
        const text = encodeEventId({ log, stream: 1, seq, request, last });

        expect(text).to.match(/^[\w.~-]+$/);
        expect(parseEventId(text)).to.deep.equal({ log, stream: 1, seq, request, last });
      }),
    );
  });

  it("tell the number 1 from the text 1", () => {
    const idOf = (request: string | number) =>
      encodeEventId({ log, stream: 1, seq: 1, request, last: false });

    expect(parseEventId(idOf(1))?.request).to.equal(1);
    expect(parseEventId(idOf("1"))?.request).to.equal("1");
  });

  it("are not made of request ids that would burst a header", () => {
    expect(fitsEventId("x".repeat(256))).to.equal(true);
    expect(fitsEventId("x".repeat(257))).to.equal(false);
    expect(fitsEventId(Number.MAX_SAFE_INTEGER)).to.equal(true);
  });

  it("are nothing when they are not the gateway's", () => {
    const request = (value: unknown) => `.${Buffer.from(JSON.stringify(value)).toString("base64url")}`;
    const foreign = [
      "",
      "17",
      "0/1",
      "short.0.1",
      `${log}.0`,
      `${log}.0.x`,
      `${log}.0.-1`,
      `${log}.0.1.`,
      `${log}.0.1.!!`,
      `${log}.0.1.aGk`,
      `${log}.0.12345678901`,
      `${log}.0.1${request({ a: 1 })}`,
      `${log}.0.1${request(1.5)}`,
      `${log}.0.1${request(null)}`,
      ` ${log}.0.1`,
      `${log}.0.1~~`,
    ];
    for (const text of foreign) expect(parseEventId(text), text).to.equal(undefined);
  });
});
