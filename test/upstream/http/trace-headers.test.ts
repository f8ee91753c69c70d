import { expect } from "chai";

import { withTrace } from "../../../src/upstream/http/trace-headers.ts";

const PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

describe("withTrace", () => {
  it("adds the trace of a request to its headers", () => {
    const headers = withTrace(["a", "1"], { traceparent: PARENT, tracestate: "vendor=x, other=y" }, []);

    expect(headers).to.deep.equal(["a", "1", "traceparent", PARENT, "tracestate", "vendor=x, other=y"]);
  });

  it("changes no list that others use", () => {
    const headers = ["a", "1"];

    withTrace(headers, { traceparent: PARENT }, []);

    expect(headers).to.deep.equal(["a", "1"]);
  });

  it("adds no state without a trace", () => {
    expect(withTrace([], { tracestate: "vendor=x", baggage: "a=b" }, [])).to.deep.equal([]);
    expect(withTrace([], "text", [])).to.deep.equal([]);
  });

  it("lets the operator's headers stand", () => {
    const meta = { traceparent: PARENT, tracestate: "vendor=x" };

    expect(withTrace([], meta, ["x", "traceparent", "TraceParent", "mine"])).to.deep.equal([]);
    expect(withTrace([], meta, ["Tracestate", "mine"])).to.deep.equal(["traceparent", PARENT]);
    expect(withTrace([], meta, ["x", "traceparent"])).to.have.length(4);
  });

  for (const value of ["", " ", "a\r\nevil: 1", "ü", "x".repeat(2_000), 7, null, {}]) {
    it(`adds nothing that no header can carry (${JSON.stringify(value).slice(0, 20)})`, () => {
      expect(withTrace([], { traceparent: value }, [])).to.deep.equal([]);
      expect(withTrace([], { traceparent: PARENT, tracestate: value }, [])).to.have.length(2);
    });
  }
});
