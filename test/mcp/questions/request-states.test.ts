import { expect } from "chai";

import {
  RequestStates,
  bindingOf,
  checkBinding,
  isOwnState,
  responsesIn,
} from "../../../src/mcp/questions/request-states.ts";
import { refusal } from "../../support/refusal.ts";
import { Client } from "./front-requests.ts";

describe("RequestStates", () => {
  const states = new RequestStates(Buffer.alloc(32, 1));
  const binding = bindingOf(new Client().request);
  const state = { id: "call-1", node: "node-1", expires: 1_000, ...binding };

  it("gives back what it signed", () => {
    const text = states.sign(state);

    expect(text).to.match(/^swg1\.[\w-]+\.[\w-]{43}$/);
    expect(states.read(text)).to.deep.equal(state);
    expect(new RequestStates(Buffer.alloc(32, 1)).read(text)).to.deep.equal(state);
  });

  it("takes none that another key signed", () => {
    const error = refusal(() => states.read(new RequestStates(Buffer.alloc(32, 2)).sign(state)));
    expect(error).to.include({ code: "invalid_request_state", executed: "not_executed" });
  });

  it("takes none that was changed, at whatever place", () => {
    const text = states.sign(state);
    // The last character of the mac has bits that mean nothing.
    for (let at = "swg1.".length; at < text.length - 1; at++) {
      const changed = `${text.slice(0, at)}${text[at] === "A" ? "B" : "A"}${text.slice(at + 1)}`;
      expect(refusal(() => states.read(changed)).code, changed).to.equal("invalid_request_state");
    }
  });

  it("takes no garbage", () => {
    const [, payload = ""] = states.sign(state).split(".");
    for (const text of [
      "swg1.",
      "swg1..",
      "swg1.x.y",
      `swg1.${payload}`,
      `swg1.${payload}.`,
      `${states.sign(state)}.more`,
      `swg2${states.sign(state).slice(4)}`,
      `swg1.${"A".repeat(5_000)}.x`,
    ])
      expect(refusal(() => states.read(text)).code, text.slice(0, 40)).to.equal("invalid_request_state");
  });

  it("knows which states claim to be its own", () => {
    expect(isOwnState(states.sign(state))).to.equal(true);
    for (const other of [undefined, 7, null, {}, "", "opaque", "swgx.swg1.a.b", "SWG1.a.b"])
      expect(isOwnState(other), String(other)).to.equal(false);
  });

  it("says nothing of the arguments", () => {
    const secret = bindingOf(
      new Client({ params: { name: "n", arguments: { password: "hunter2" } } }).request,
    );
    const text = states.sign({ ...state, ...secret });
    expect(Buffer.from(text.split(".")[1] ?? "", "base64url").toString()).to.not.include("hunter2");
  });
});

describe("whom a requestState belongs to", () => {
  const own = bindingOf(new Client().request);
  const state = { id: "call-1", node: "node-1", expires: 1_000, ...own };

  it("is the same call, whatever its _meta and the order of its arguments", () => {
    const first = new Client({
      params: { name: "n", arguments: { a: 1, b: 2 }, _meta: { progressToken: 1 } },
    });
    const again = new Client({
      id: 99,
      params: {
        arguments: { b: 2, a: 1 },
        name: "n",
        requestState: "x",
        inputResponses: { q1: {} },
        _meta: { trace: "t" },
      },
    });
    expect(bindingOf(again.request)).to.deep.equal(bindingOf(first.request));
  });

  for (const [about, request] of [
    ["caller", { identity: { subject: "ben", tenant: "default", role: "user" } }],
    ["tenant", { identity: { subject: "anna", tenant: "other", role: "user" } }],
    ["endpoint", { endpoint: { kind: "server", server: "mail" } }],
    ["method", { method: "prompts/get" }],
    ["tool", { params: { name: "mail__read", arguments: { to: "x" } } }],
    ["argument", { params: { name: "mail__send", arguments: { to: "y" } } }],
    ["member of the params", { params: { name: "mail__send", arguments: { to: "x" }, task: {} } }],
  ] as const) {
    it(`is not another ${about}`, () => {
      const error = refusal(() => checkBinding(state, bindingOf(new Client(request).request)));
      expect(error).to.include({ code: "invalid_request_state", executed: "not_executed" });
    });
  }

  it("is this call", () => {
    expect(() => checkBinding(state, own)).to.not.throw();
  });

  it("takes answers only as an object", () => {
    expect(responsesIn({})).to.deep.equal({});
    expect(responsesIn({ inputResponses: { a: {} } })).to.deep.equal({ a: {} });
    for (const inputResponses of [[], "x", 7, null])
      expect(refusal(() => responsesIn({ inputResponses })).code).to.equal("invalid_request_state");
  });
});
