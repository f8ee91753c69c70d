import { expect } from "chai";
import * as fc from "fast-check";

import type { Json, JsonObject } from "../../src/domain/json.ts";
import {
  encodeError,
  encodeNotification,
  encodeReply,
  encodeRequest,
  parseMessage,
  toMessage,
} from "../../src/wire/message.ts";
import { Reply } from "../../src/wire/reply.ts";
import { WireError } from "../../src/wire/wire-error.ts";
import { refusal } from "../support/refusal.ts";

const parse = (text: string) => parseMessage(text, { jsonDepth: 64 });

describe("parseMessage", () => {
  it("knows a request by its id and its method", () => {
    expect(parse('{"jsonrpc":"2.0","id":7,"method":"ping","params":{"a":1}}')).to.deep.equal({
      kind: "request",
      id: 7,
      method: "ping",
      params: { a: 1 },
    });
  });

  it("knows a notification by the lack of an id", () => {
    expect(parse('{"jsonrpc":"2.0","method":"notifications/initialized"}')).to.deep.equal({
      kind: "notification",
      method: "notifications/initialized",
      params: {},
    });
  });

  it("knows a response by its result or its error", () => {
    expect(parse('{"jsonrpc":"2.0","id":"a","result":{"x":1}}')).to.deep.equal({
      kind: "response",
      id: "a",
      result: { x: 1 },
    });
    expect(parse('{"jsonrpc":"2.0","id":null,"error":{"code":-1,"message":"no"}}')).to.deep.equal({
      kind: "response",
      id: null,
      error: { code: -1, message: "no" },
    });
  });

  it("keeps unknown fields of the params", () => {
    const message = parse('{"jsonrpc":"2.0","id":1,"method":"m","params":{"new_field":{"deep":[1]}}}');

    expect(message).to.have.deep.property("params", { new_field: { deep: [1] } });
  });

  const invalid: readonly (readonly [string, string])[] = [
    ["an array, since batches are not supported", '[{"jsonrpc":"2.0","id":1,"method":"a"}]'],
    ["a number", "5"],
    ["null", "null"],
    ["another version of JSON-RPC", '{"jsonrpc":"1.0","id":1,"method":"a"}'],
    ["no version of JSON-RPC", '{"id":1,"method":"a"}'],
    ["a method that is no string", '{"jsonrpc":"2.0","id":1,"method":5}'],
    ["an id of null in a request", '{"jsonrpc":"2.0","id":null,"method":"a"}'],
    ["a fraction as an id", '{"jsonrpc":"2.0","id":1.5,"method":"a"}'],
    ["an object as an id", '{"jsonrpc":"2.0","id":{},"method":"a"}'],
    [
      "an id too large to be told apart from its neighbour",
      '{"jsonrpc":"2.0","id":9007199254740993,"method":"a"}',
    ],
    ["params by position", '{"jsonrpc":"2.0","id":1,"method":"a","params":[1]}'],
    ["params of null", '{"jsonrpc":"2.0","id":1,"method":"a","params":null}'],
    ["neither method nor result nor error", '{"jsonrpc":"2.0","id":1}'],
    ["both result and error", '{"jsonrpc":"2.0","id":1,"result":{},"error":{"code":1,"message":"a"}}'],
    ["a result that is no object", '{"jsonrpc":"2.0","id":1,"result":5}'],
    ["a result without an id", '{"jsonrpc":"2.0","result":{}}'],
    ["an error without a code", '{"jsonrpc":"2.0","id":1,"error":{"message":"a"}}'],
    ["an error that is a string", '{"jsonrpc":"2.0","id":1,"error":"bad"}'],
  ];
  for (const [what, text] of invalid) {
    it(`refuses ${what} as an invalid request`, () => {
      const error = refusal(() => parse(text));

      expect(error).to.be.instanceOf(WireError).and.have.property("rpcCode", -32600);
    });
  }

  it("refuses what is not JSON as a parse error, and keeps the cause", () => {
    for (const text of ["", "{", '{"jsonrpc":}', "undefined", "{'a':1}"]) {
      const error = refusal(() => parse(text));

      expect(error).to.have.property("rpcCode", -32700);
      expect(error.cause).to.be.instanceOf(SyntaxError);
    }
  });

  it("says which request it refuses, if that can be read", () => {
    expect(refusal(() => parse('{"jsonrpc":"2.0","id":"x1","method":5}'))).to.have.property(
      "requestId",
      "x1",
    );
    expect(refusal(() => parse('{"jsonrpc":"1.0","id":3,"method":"a"}'))).to.have.property("requestId", 3);
    expect(refusal(() => parse('{"jsonrpc":"2.0","id":[],"method":"a"}'))).to.have.property(
      "requestId",
      null,
    );
  });

  it("applies the guard: depth and duplicate keys", () => {
    expect(() =>
      parseMessage('{"jsonrpc":"2.0","method":"a","params":{"a":{"b":{}}}}', { jsonDepth: 3 }),
    ).to.throw(WireError);
    expect(() => parse('{"jsonrpc":"2.0","id":1,"id":2,"method":"a"}')).to.throw(WireError);
  });

  it("never throws anything but a WireError", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        try {
          parse(text);
        } catch (error) {
          expect(error).to.be.instanceOf(WireError);
        }
      }),
    );
  });
});

describe("encoding", () => {
  const anyId = fc.oneof(fc.string(), fc.maxSafeInteger());
  const anyObject = fc.dictionary(
    fc.string().filter((key) => !["__proto__", "constructor", "prototype"].includes(key)),
    fc.jsonValue({ maxDepth: 3 }) as fc.Arbitrary<Json>,
  ) as fc.Arbitrary<JsonObject>;
  const asJson = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

  it("gives a request that is read back as it was", () => {
    fc.assert(
      fc.property(anyId, fc.string(), anyObject, (id, method, params) => {
        expect(parse(encodeRequest(id, method, params))).to.deep.equal({
          kind: "request",
          id,
          method,
          params: asJson(params),
        });
      }),
    );
  });

  it("gives a notification that is read back as it was", () => {
    fc.assert(
      fc.property(fc.string(), anyObject, (method, params) => {
        expect(parse(encodeNotification(method, params))).to.deep.equal({
          kind: "notification",
          method,
          params: asJson(params),
        });
      }),
    );
  });

  it("gives a reply that is read back as it was, for results and errors", () => {
    fc.assert(
      fc.property(anyId, anyObject, (id, value) => {
        const bytes = encodeReply(id, Reply.of("result", value, "2025"));
        expect(JSON.parse(bytes.toString())).to.deep.equal({ jsonrpc: "2.0", result: asJson(value), id });
      }),
    );
    const error = encodeError(5, { code: -32601, message: "no such method", data: { a: 1 } });
    expect(JSON.parse(error.toString())).to.deep.equal({
      jsonrpc: "2.0",
      error: { code: -32601, message: "no such method", data: { a: 1 } },
      id: 5,
    });
  });

  it("carries the upstream's bytes verbatim: numbers keep their digits", () => {
    const reply = new Reply("result", Buffer.from('{"n":12345678901234567890,"f":1.0}'), "2025");

    expect(encodeReply(1, reply).toString()).to.equal(
      '{"jsonrpc":"2.0","result":{"n":12345678901234567890,"f":1.0},"id":1}',
    );
  });

  it("puts the id last, so that an id smuggled in with the bytes does not win", () => {
    const smuggled = new Reply("result", Buffer.from('{},"id":666'), "2025");

    expect(JSON.parse(encodeReply(1, smuggled).toString())).to.have.property("id", 1);
  });

  it("can answer nobody in particular", () => {
    expect(JSON.parse(encodeError(null, { code: -32700, message: "no JSON" }).toString())).to.have.property(
      "id",
      null,
    );
  });
});

describe("toMessage", () => {
  it("takes a value that was parsed already", () => {
    expect(toMessage({ jsonrpc: "2.0", method: "a" })).to.have.property("kind", "notification");
    expect(() => toMessage("text")).to.throw(WireError, /not an object/);
  });
});
