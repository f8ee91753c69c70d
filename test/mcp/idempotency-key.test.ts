import { expect } from "chai";

import { metaForUpstream } from "../../src/mcp/envelope.ts";
import { idempotencyKeyOf } from "../../src/mcp/idempotency-key.ts";
import { refusal } from "../support/refusal.ts";
import { Client } from "./questions/front-requests.ts";

const OWN = "io.switchgear/idempotencyKey";
const keyIn = (headers: Record<string, string>, meta?: object) =>
  idempotencyKeyOf(
    new Client({ headers, params: { name: "a", ...(meta === undefined ? {} : { _meta: { ...meta } }) } })
      .request,
  );

describe("idempotencyKeyOf", () => {
  it("finds the key in the header and under either name in _meta", () => {
    expect(keyIn({ "idempotency-key": "k" })).to.equal("k");
    expect(keyIn({}, { [OWN]: "k" })).to.equal("k");
    expect(keyIn({}, { idempotencyKey: "k" })).to.equal("k");
    expect(keyIn({ "idempotency-key": "k" }, { [OWN]: "k", progressToken: 1 })).to.equal("k");
  });

  it("finds none where there is none", () => {
    expect(keyIn({})).to.equal(undefined);
    expect(keyIn({}, {})).to.equal(undefined);
    expect(keyIn({}, { progressToken: "k" })).to.equal(undefined);
    expect(idempotencyKeyOf(new Client({ params: { _meta: "text" } }).request)).to.equal(undefined);
  });

  it("prefers the name of its own", () => {
    expect(keyIn({}, { [OWN]: "own", idempotencyKey: "plain" })).to.equal("own");
  });

  it("refuses two keys, and what is no key", () => {
    for (const [headers, meta] of [
      [{ "idempotency-key": "a" }, { [OWN]: "b" }],
      [{ "idempotency-key": "two words" }, undefined],
      [{}, { idempotencyKey: 5 }],
      [{}, { [OWN]: "" }],
    ] as const)
      expect(refusal(() => keyIn(headers, meta))).to.include({ code: "invalid_request" });
  });

  it("is for the gateway: its own name does not go to the upstream, the plain one does", () => {
    expect(metaForUpstream({ _meta: { [OWN]: "k" } })).to.equal(undefined);
    expect(metaForUpstream({ _meta: { [OWN]: "k", idempotencyKey: "k" } })).to.deep.equal({
      idempotencyKey: "k",
    });
  });
});
