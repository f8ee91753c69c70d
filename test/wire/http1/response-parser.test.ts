import { expect } from "chai";

import {
  MalformedResponse,
  type ResponseListener,
  ResponseParser,
} from "../../../src/wire/http1/response-parser.ts";

class Heard implements ResponseListener {
  readonly heads: { status: number; headers: Record<string, unknown> }[] = [];
  readonly ends: boolean[] = [];
  body = "";

  head(status: number, headers: Record<string, unknown>): void {
    this.heads.push({ status, headers: { ...headers } });
  }

  data(bytes: Buffer): void {
    this.body += bytes.toString("latin1");
  }

  end(reusable: boolean): void {
    this.ends.push(reusable);
  }
}

function read(text: string, { method = "POST", step = text.length, close = false } = {}): Heard {
  const heard = new Heard();
  const parser = new ResponseParser(heard, 1_000);
  parser.expect(method);
  const bytes = Buffer.from(text, "latin1");
  for (let at = 0; at < bytes.length; at += step) parser.push(bytes.subarray(at, at + step));
  if (close) parser.close();
  return heard;
}

const CHUNKED = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";

describe("ResponseParser", () => {
  for (const step of [1, 2, 3, 7, 1_000]) {
    describe(`given ${step} bytes at a time`, () => {
      it("reads a body of a known length", () => {
        const text = "HTTP/1.1 201 Created\r\nContent-Length: 5\r\nX-One:  a b \r\n\r\nhello";

        const heard = read(text, { step });

        expect(heard.heads).to.deep.equal([
          { status: 201, headers: { "content-length": "5", "x-one": "a b" } },
        ]);
        expect(heard.body).to.equal("hello");
        expect(heard.ends).to.deep.equal([true]);
      });

      it("reads chunks, their extensions and trailers", () => {
        const heard = read(`${CHUNKED}5;a=b\r\nhello\r\n6 \r\n world\r\n0\r\nX-Sum: 1\r\n\r\n`, { step });

        expect(heard.body).to.equal("hello world");
        expect(heard.ends).to.deep.equal([true]);
      });

      it("passes over what comes before the response itself", () => {
        const heard = read(
          "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nLink: x\r\n\r\nHTTP/1.1 204 No\r\n\r\n",
          { step },
        );

        expect(heard.heads.map(({ status }) => status)).to.deep.equal([204]);
        expect(heard.ends).to.deep.equal([true]);
      });

      it("reads a body that ends with the connection", () => {
        const heard = read("HTTP/1.1 200 OK\r\n\r\nall of it", { step, close: true });

        expect(heard.body).to.equal("all of it");
        expect(heard.ends).to.deep.equal([false]);
      });
    });
  }

  it("reads one response after the other", () => {
    const heard = new Heard();
    const parser = new ResponseParser(heard, 1_000);
    for (const body of ["one", "two"]) {
      parser.expect("POST");
      parser.push(Buffer.from(`HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\n${body}`));
    }

    expect(heard.body).to.equal("onetwo");
    expect(heard.ends).to.deep.equal([true, true]);
  });

  it("ends an empty body at once", () => {
    expect(read("HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n").ends).to.deep.equal([true]);
  });

  for (const [what, text, method] of [
    ["204", "HTTP/1.1 204 No Content\r\ncontent-length: 9\r\n\r\n", "POST"],
    ["304", "HTTP/1.1 304 Not Modified\r\n\r\n", "GET"],
    ["the answer to HEAD", "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n", "HEAD"],
  ] as const) {
    it(`knows that ${what} has no body`, () => {
      expect(read(text, { method }).ends).to.deep.equal([true]);
    });
  }

  it("tells whether the connection can be used again", () => {
    const reusable = (head: string) => read(`${head}content-length: 0\r\n\r\n`).ends[0];

    expect(reusable("HTTP/1.1 200 OK\r\n")).to.equal(true);
    expect(reusable("HTTP/1.1 200 OK\r\nConnection: Close\r\n")).to.equal(false);
    expect(reusable("HTTP/1.0 200 OK\r\n")).to.equal(false);
    expect(reusable("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n")).to.equal(true);
  });

  it("joins the values of a header that comes twice", () => {
    const [head] = read("HTTP/1.1 200 OK\r\nVary: a\r\nvary: b\r\ncontent-length: 0\r\n\r\n").heads;

    expect(head?.headers["vary"]).to.equal("a, b");
  });

  it("keeps a header called __proto__ a header", () => {
    const heard = read("HTTP/1.1 200 OK\r\n__proto__: x\r\ncontent-length: 0\r\n\r\n");

    expect(heard.ends).to.deep.equal([true]);
    expect(({} as Record<string, unknown>)["x"]).to.equal(undefined);
  });

  for (const [what, text] of [
    ["no HTTP", "SSH-2.0-OpenSSH_9.2\r\n\r\n"],
    ["HTTP/2", "HTTP/2 200 OK\r\n\r\n"],
    ["a status that is none", "HTTP/1.1 999 What\r\n\r\n"],
    ["another protocol", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n"],
    ["a header without a colon", "HTTP/1.1 200 OK\r\nnonsense\r\n\r\n"],
    ["a header without a name", "HTTP/1.1 200 OK\r\n: x\r\n\r\n"],
    ["a folded header", "HTTP/1.1 200 OK\r\nA: b\r\n c: d\r\n\r\n"],
    ["a name with a blank", "HTTP/1.1 200 OK\r\nContent-Length : 3\r\n\r\n"],
    ["two lengths", "HTTP/1.1 200 OK\r\ncontent-length: 3\r\ncontent-length: 4\r\n\r\n"],
    ["a length and chunks", "HTTP/1.1 200 OK\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n\r\n"],
    ["an unknown coding", "HTTP/1.1 200 OK\r\ntransfer-encoding: gzip, chunked\r\n\r\n"],
    ["a negative length", "HTTP/1.1 200 OK\r\ncontent-length: -3\r\n\r\n"],
    ["a length with a plus", "HTTP/1.1 200 OK\r\ncontent-length: +3\r\n\r\n"],
    ["a chunk without a length", `${CHUNKED}\r\n`],
    ["a chunk with a strange length", `${CHUNKED}0x5\r\nhello`],
    ["a chunk longer than it said", `${CHUNKED}3\r\nhello\r\n`],
    ["an endless length line", `${CHUNKED}5;${"x".repeat(2_000)}`],
    ["endless headers", `HTTP/1.1 200 OK\r\n${"A: b\r\n".repeat(500)}`],
    ["long headers in one piece", `HTTP/1.1 200 OK\r\n${"A: b\r\n".repeat(500)}\r\n`],
    ["endless trailers", `${CHUNKED}0\r\n${"A: b\r\n".repeat(500)}`],
  ] as const) {
    it(`refuses ${what}`, () => {
      expect(() => read(text)).to.throw(MalformedResponse);
    });
  }

  it("does not use a connection again on which more came than was asked for", () => {
    const answer = "HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\n";

    expect(read(`${answer}x`).ends).to.deep.equal([true]);
    expect(read(`${answer}xHTTP/1.1 200 OK\r\n`).ends).to.deep.equal([false]);
  });

  it("refuses bytes that nobody asked for", () => {
    const parser = new ResponseParser(new Heard(), 1_000);

    expect(() => parser.push(Buffer.from("HTTP/1.1 200 OK\r\n"))).to.throw(MalformedResponse);
  });

  it("does not take a cut body for a whole one", () => {
    const heard = new Heard();
    const parser = new ResponseParser(heard, 1_000);
    parser.expect("GET");
    parser.push(Buffer.from("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf"));

    expect(parser.close()).to.equal(false);
    expect(heard.ends).to.deep.equal([]);
  });
});
