import { expect } from "chai";
import * as fc from "fast-check";

import { checkJson } from "../../src/wire/json-guard.ts";
import { WireError } from "../../src/wire/wire-error.ts";
import { refusal } from "../support/refusal.ts";

const check = (text: string, depth = 64) => checkJson(text, { depth });
const nested = (levels: number) => "[".repeat(levels) + "]".repeat(levels);

describe("checkJson", () => {
  it("lets an ordinary request pass", () => {
    const text =
      '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a","arguments":{"x":[1,{"y":null}]},"_meta":{"progressToken":1}}}';

    expect(() => check(text)).not.to.throw();
  });

  it("lets every text pass that JSON.stringify writes and that is not too deep", () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 8 }), (text) => {
        const parsed: unknown = JSON.parse(text);
        const plain = JSON.stringify({ jsonrpc: "2.0", params: { arguments: parsed } });
        expect(() => check(plain)).not.to.throw();
      }),
    );
  });

  it("never throws anything but a WireError, whatever the text", () => {
    const snippets = fc.constantFrom(
      "{",
      "}",
      "[",
      "]",
      '"',
      "\\",
      ":",
      ",",
      '"params"',
      '"_meta"',
      '"a"',
      " ",
      "1",
      "\\u0061",
    );
    fc.assert(
      fc.property(fc.array(snippets, { maxLength: 60 }), (parts) => {
        try {
          check(parts.join(""), 8);
        } catch (error) {
          expect(error).to.be.instanceOf(WireError);
        }
      }),
      { numRuns: 500 },
    );
  });

  describe("depth", () => {
    it("counts arrays and objects alike", () => {
      expect(() => check(nested(64))).not.to.throw();
      expect(() => check(nested(65))).to.throw(WireError, /nested deeper than 64 levels/);
      expect(() => check('{"a":'.repeat(65))).to.throw(WireError);
    });

    it("does not count brackets inside strings", () => {
      expect(() => check(`{"a":"${"[{".repeat(500)}"}`)).not.to.throw();
      expect(() => check(`{"a":"\\"${"[".repeat(500)}"}`)).not.to.throw();
      expect(() => check(String.raw`{"a":"\\"}`)).not.to.throw();
    });

    it("counts what is open at once, not what was opened in all", () => {
      expect(() => check(`[${"[],".repeat(1_000)}[]]`, 2)).not.to.throw();
    });

    it("refuses a million brackets without reading to their end", () => {
      const started = performance.now();

      expect(() => check("[".repeat(1_000_000))).to.throw(WireError);

      expect(performance.now() - started).to.be.below(100);
    });
  });

  describe("duplicate keys", () => {
    const refused = [
      '{"id":1,"id":2}',
      '{"method":"a","params":{},"method":"b"}',
      '{"params":{"name":"a","name":"b"}}',
      '{"params":{"_meta":{"k":1,"k":2}}}',
      '{"params" : { "x":1 , "x" :2}}',
      String.raw`{"id":1,"\u0069d":2}`,
      String.raw`{"params":{"name":"a","n\u0061me":"b"}}`,
    ];
    for (const text of refused) {
      it(`are refused in ${text}`, () => {
        const error = refusal(() => check(text));

        expect(error.code).to.equal("invalid_request");
        expect(error.message).to.contain("appears twice");
        expect(error).to.have.property("rpcCode", -32600);
      });
    }

    it("are found although the first member is opened by an escaped key", () => {
      expect(() => check(String.raw`{"\u0070arams":{"name":"a","name":"b"}}`)).to.throw(WireError);
    });

    it("are let pass outside the envelope, where nothing decides by them", () => {
      expect(() => check('{"params":{"arguments":{"a":1,"a":2}}}')).not.to.throw();
      expect(() => check('[{"a":1,"a":2}]')).not.to.throw();
      expect(() => check('{"params":[{"a":1,"a":2}]}')).not.to.throw();
      expect(() => check('{"other":{"a":1,"a":2}}')).not.to.throw();
    });

    it("are not seen in values that look like keys", () => {
      expect(() => check('{"a":"b","b":"a","c":["a","a"]}')).not.to.throw();
    });

    it("are told apart from the same key of a sibling", () => {
      expect(() => check('{"id":1,"params":{"id":2,"_meta":{"id":3}}}')).not.to.throw();
    });
  });

  describe("prototype keys", () => {
    for (const key of ["__proto__", "constructor", "prototype"]) {
      it(`refuses "${key}" anywhere in the envelope`, () => {
        expect(() => check(`{"${key}":1}`)).to.throw(WireError, key);
        expect(() => check(`{"params":{"${key}":{}}}`)).to.throw(WireError, key);
        expect(() => check(`{"params":{"_meta":{"${key}":1}}}`)).to.throw(WireError, key);
      });
    }

    it("refuses them written with escapes", () => {
      expect(() => check(String.raw`{"params":{"__pr\u006fto__":{}}}`)).to.throw(WireError);
    });

    it("lets them pass in arguments: they are a tool's business", () => {
      expect(() => check('{"params":{"arguments":{"constructor":"x"}}}')).not.to.throw();
    });
  });

  it("refuses a key with a broken escape as text that is not JSON", () => {
    expect(refusal(() => check(String.raw`{"\u00zz":1}`))).to.have.property("rpcCode", -32700);
  });

  it("leaves other faults to the parser", () => {
    for (const text of ["", "{", '{"a"', '"', "}{", "]]]", '{"a":"'] as const)
      expect(() => check(text)).not.to.throw();
  });

  it("takes time in proportion to the text, also for long runs of backslashes and quotes", () => {
    const text = `{"a":"${String.raw`\\\"`.repeat(400_000)}"}`;
    const started = performance.now();

    check(text);

    expect(performance.now() - started).to.be.below(500);
  });
});
