import { expect } from "chai";
import * as fc from "fast-check";

import { readReply } from "../../src/wire/reply-frame.ts";
import { WireError } from "../../src/wire/wire-error.ts";
import { refusal } from "../support/refusal.ts";

const read = (text: string | Buffer) => readReply(Buffer.from(text as string), "2025");
const bodyOf = (text: string | Buffer): unknown => read(text)?.reply.value;
/** Makes a result too large to be parsed. */
const BULK = "x".repeat(40_000);

describe("readReply", () => {
  it("gives the id and the bytes of the result", () => {
    const frame = read('{"jsonrpc":"2.0","id":1,"result":{"content":[]}}');

    expect(frame?.id).to.equal(1);
    expect(frame?.reply.kind).to.equal("result");
    expect(frame?.reply.era).to.equal("2025");
    expect(frame?.reply.bytes.toString()).to.equal('{"content":[]}');
  });

  it("gives errors as errors, also those without an id", () => {
    const frame = read('{"jsonrpc":"2.0","id":"a","error":{"code":-32601,"message":"no"}}');

    expect(frame?.id).to.equal("a");
    expect(frame?.reply.kind).to.equal("error");
    expect(frame?.reply.value).to.deep.equal({ code: -32601, message: "no" });
    expect(read('{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"?"}}')?.id).to.equal(null);
    expect(read('{"jsonrpc":"2.0","error":{"code":-32700,"message":"?"}}')?.id).to.equal(null);
  });

  it("is not for notifications and requests", () => {
    expect(read('{"jsonrpc":"2.0","method":"notifications/progress","params":{}}')).to.equal(undefined);
    expect(read('{"jsonrpc":"2.0","id":1,"method":"ping"}')).to.equal(undefined);
    expect(read(`{"jsonrpc":"2.0","method":"notifications/message","params":{"data":"${BULK}"}}`)).to.equal(
      undefined,
    );
  });

  it("keeps numbers that JavaScript cannot hold", () => {
    expect(
      read('{"jsonrpc":"2.0","id":1,"result":{"n":12345678901234567890}}')?.reply.bytes.toString(),
    ).to.contain("12345678901234567890");
  });

  it("agrees with JSON.parse, whatever the order of the members, the white space and the size", () => {
    const anyId = fc.oneof(fc.integer(), fc.string({ maxLength: 30 }));
    const space = fc.constantFrom("", " ", "\n", "\r\n  ", "\t");
    const anyResult = fc.tuple(fc.dictionary(fc.string(), fc.jsonValue()), fc.boolean());
    fc.assert(
      fc.property(
        anyId,
        anyResult,
        fc.shuffledSubarray(["jsonrpc", "id", "body"], { minLength: 3 }),
        space,
        fc.boolean(),
        (id, [value, large], order, gap, isError) => {
          const body = {
            ...value,
            ...(isError ? { code: -1, message: "m" } : {}),
            ...(large ? { bulk: BULK } : {}),
          };
          const kind = isError ? "error" : "result";
          const members = {
            jsonrpc: '"jsonrpc":"2.0"',
            id: `"id"${gap}:${gap}${JSON.stringify(id)}`,
            body: `"${kind}":${gap}${JSON.stringify(body)}`,
          };
          const text = `${gap}{${gap}${order.map((name) => members[name as keyof typeof members]).join(`${gap},${gap}`)}${gap}}${gap}`;

          const frame = read(text);

          expect(frame?.id).to.deep.equal(id);
          expect(frame?.reply.kind).to.equal(kind);
          expect(frame?.reply.value).to.deep.equal((JSON.parse(text) as Record<string, unknown>)[kind]);
        },
      ),
      { numRuns: 300 },
    );
  });

  describe("large results", () => {
    it("are not parsed: the time does not grow with what is in them", () => {
      const rows = Array.from({ length: 60_000 }, (_, n) => ({ n, text: `row ${n}` }));
      const bytes = Buffer.from(JSON.stringify({ jsonrpc: "2.0", id: 9, result: { rows } }));
      read(bytes);
      const started = performance.now();
      for (let i = 0; i < 10; i++) readReply(bytes, "2025");
      const perRead = (performance.now() - started) / 10;

      const parsing = performance.now();
      JSON.parse(bytes.toString());
      expect(perRead).to.be.below((performance.now() - parsing) / 2);
    });

    it("share the memory of the message", () => {
      const bytes = Buffer.from(`{"jsonrpc":"2.0","id":1,"result":{"a":"${BULK}"}}`);

      expect(readReply(bytes, "2025")?.reply.bytes.buffer).to.equal(bytes.buffer);
    });

    const layouts = {
      "id first": `{"jsonrpc":"2.0","id":5,"result":{"a":"${BULK}","deep":{"id":6}}}`,
      "id last": `{"result":{"a":"${BULK}","deep":{"id":6}},"jsonrpc":"2.0","id":5}`,
      "id on either side": `{"jsonrpc":"2.0","result":{"a":"${BULK}","deep":{"id":6}},"id":5}`,
      "with blanks": `{ "jsonrpc" : "2.0" , "id" : 5 , "result" : {"a":"${BULK}","deep":{"id":6}} }\n`,
      "with unknown members": `{"jsonrpc":"2.0","id":5,"extra":[1],"result":{"a":"${BULK}","deep":{"id":6}}}`,
    };
    for (const [name, text] of Object.entries(layouts)) {
      it(`are found with the ${name}`, () => {
        expect(read(text)?.id).to.equal(5);
        expect(bodyOf(text)).to.deep.equal({ a: BULK, deep: { id: 6 } });
      });
    }

    it("are not misled by text that looks like the end of the message", () => {
      const result = { a: BULK, b: '},"jsonrpc":"2.0","id":666}' };

      expect(read(JSON.stringify({ jsonrpc: "2.0", id: 5, result }))?.id).to.equal(5);
      expect(read(JSON.stringify({ result, jsonrpc: "2.0", id: 5 }))?.id).to.equal(5);
      expect(bodyOf(JSON.stringify({ jsonrpc: "2.0", id: 5, result }))).to.deep.equal(result);
    });

    it("keep an id of any characters", () => {
      const id = 'ü"\\€';

      expect(read(JSON.stringify({ jsonrpc: "2.0", id, result: { BULK } }))?.id).to.equal(id);
      expect(read(JSON.stringify({ result: { BULK }, jsonrpc: "2.0", id: "ü€" }))?.id).to.equal("ü€");
    });

    it("are refused with two ids, wherever they stand", () => {
      expect(() => read(`{"jsonrpc":"2.0","id":5,"result":{"a":"${BULK}"},"id":6}`)).to.throw(
        WireError,
        /appears twice/,
      );
    });

    it("are refused when the message is cut", () => {
      expect(() => read(`{"jsonrpc":"2.0","id":5,"result":{"a":"${BULK}"`)).to.throw(WireError);
    });
  });

  it("never lets a line break through: the bytes fit into a line and into an event", () => {
    for (const filler of ["", BULK]) {
      const result = { text: "two\nlines\r\n", list: [1, 2], filler };
      const pretty = JSON.stringify({ jsonrpc: "2.0", id: 1, result }, undefined, 2).replaceAll("\n", "\r\n");

      const reply = read(pretty)?.reply;

      expect(reply?.bytes.includes(0x0a)).to.equal(false);
      expect(reply?.bytes.includes(0x0d)).to.equal(false);
      expect(reply?.value).to.deep.equal(result);
      expect(JSON.parse(reply?.bytes.toString() ?? "")).to.deep.equal(result);
    }
  });

  const bad: readonly (readonly [string, string | Buffer, number])[] = [
    ["nothing", "", -32700],
    ["text", "oops", -32700],
    ["half a message", '{"jsonrpc":"2.0","id":1,"result":{', -32700],
    [
      "invalid UTF-8",
      Buffer.concat([
        Buffer.from('{"jsonrpc":"2.0","id":1,"result":{"a":"'),
        Buffer.from([0xff]),
        Buffer.from('"}}'),
      ]),
      -32700,
    ],
    [
      "invalid UTF-8 in a large result",
      Buffer.concat([
        Buffer.from(`{"jsonrpc":"2.0","id":1,"result":{"a":"${BULK}`),
        Buffer.from([0xc3, 0x28]),
        Buffer.from('"}}'),
      ]),
      -32700,
    ],
    ["an array", '[{"jsonrpc":"2.0","id":1,"result":{}}]', -32600],
    ["another version", '{"jsonrpc":"1.0","id":1,"result":{}}', -32600],
    ["no body", '{"jsonrpc":"2.0","id":1}', -32600],
    ["two bodies", '{"jsonrpc":"2.0","id":1,"result":{},"error":{"code":1,"message":""}}', -32600],
    ["two results", '{"jsonrpc":"2.0","id":1,"result":{"a":1},"result":{"b":2}}', -32600],
    ["a result that is a list", '{"jsonrpc":"2.0","id":1,"result":[]}', -32600],
    ["a result that is null", '{"jsonrpc":"2.0","id":1,"result":null}', -32600],
    ["a result without an id", '{"jsonrpc":"2.0","result":{}}', -32600],
    ["an id that is an object", '{"jsonrpc":"2.0","id":{},"result":{}}', -32600],
  ];
  for (const [what, text, code] of bad) {
    it(`refuses ${what} with ${code}`, () => {
      expect(refusal(() => read(text)))
        .to.be.instanceOf(WireError)
        .and.have.property("rpcCode", code);
    });
  }

  it("never throws anything but a WireError", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          readReply(Buffer.from(bytes), "2026");
        } catch (error) {
          expect(error).to.be.instanceOf(WireError);
        }
      }),
    );
  });
});
