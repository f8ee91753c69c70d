import { expect } from "chai";

import type { Identity } from "../../src/domain/identity.ts";
import { type Session, SessionTable } from "../../src/mcp/sessions.ts";

const anna: Identity = { subject: "anna", tenant: "one", role: "user" };
const all = { kind: "all" } as const;

describe("SessionTable", () => {
  let now: number;
  let ended: Session[];
  let table: SessionTable;

  beforeEach(() => {
    now = 1_000;
    ended = [];
    table = new SessionTable({
      limits: { sessions: 2, sessionIdleMs: 100 },
      onEnd: (session) => ended.push(session),
      now: () => now,
    });
  });
  afterEach(() => table.close());

  const open = (identity = anna): Session =>
    table.open({ endpoint: all, identity, protocolVersion: "2025-11-25", capabilities: {}, clientInfo: {} });

  it("finds a session for the caller that opened it, of that tenant, on that endpoint", () => {
    const { id } = open();

    expect(table.find(id, anna, all)?.id).to.equal(id);
    expect(table.find(id, { ...anna, subject: "ben" }, all)).to.equal(undefined);
    expect(table.find(id, { ...anna, tenant: "two" }, all)).to.equal(undefined);
    expect(table.find(id, anna, { kind: "server", server: "mail" })).to.equal(undefined);
    expect(table.find("guess", anna, all)).to.equal(undefined);
  });

  it("ends what nobody used, but not what has a call in flight", () => {
    const idle = open();
    const busy = open();
    busy.inFlight.add(1, new AbortController());

    now += 101;
    table.endIdle();

    expect(ended).to.deep.equal([idle]);
    expect(table.size).to.equal(1);
  });

  it("keeps a session alive as long as it is used", () => {
    const { id } = open();
    for (let i = 0; i < 5; i++) {
      now += 60;
      table.find(id, anna, all);
      table.endIdle();
    }
    expect(table.size).to.equal(1);
  });

  it("makes room by ending idle sessions, and refuses with a retryable error when all are in use", () => {
    open();
    open();
    expect(() => open())
      .to.throw()
      .with.property("code", "overloaded");

    now += 101;

    expect(open().id).to.be.a("string");
    expect(ended).to.have.length(2);
  });

  it("aborts the calls of a session that ends, once", () => {
    const session = open();
    const call = new AbortController();
    session.inFlight.add(7, call);

    table.end(session);
    table.end(session);

    expect(call.signal.aborted).to.equal(true);
    expect(ended).to.have.length(1);
  });
});
