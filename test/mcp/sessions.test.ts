import { expect } from "chai";

import { GatewayError } from "../../src/domain/errors.ts";
import { Endpoints } from "../../src/mcp/endpoint.ts";
import { SessionTable } from "../../src/mcp/sessions.ts";
import { proves } from "../support/proves.ts";
import { rejection } from "../support/refusal.ts";
import { ALL, STREAM_LIMITS, SessionTables, anna, openOne } from "../support/session-table.ts";

const unavailable = (): GatewayError =>
  new GatewayError("storage_unavailable", "The database does not answer.", { retryable: true });

describe("SessionTable", () => {
  let tables: SessionTables;

  beforeEach(async () => {
    tables = await SessionTables.create();
  });
  afterEach(() => tables.close());

  describe("in memory", () => {
    it("finds a session for the caller that opened it, of that tenant, on that endpoint, without a wait", async () => {
      proves("sessions.bound");
      const table = tables.table();
      const session = await openOne(table);

      expect(table.find(session.id, anna, ALL)).to.equal(session);
      expect(table.find(session.id, { ...anna, subject: "ben" }, ALL)).to.equal(undefined);
      expect(table.find(session.id, { ...anna, tenant: "two" }, ALL)).to.equal(undefined);
      expect(table.find(session.id, anna, { kind: "server", server: "mail" })).to.equal(undefined);
      expect(table.byId(session.id)).to.equal(session);
      expect(tables.calls.find).to.equal(0);
    });

    it("ends what nobody used, here and in storage, but not what has a call in flight", async () => {
      proves("sessions.idle");
      const table = tables.table();
      const idle = await openOne(table);
      const busy = await openOne(table);
      busy.inFlight.add(1, new AbortController());

      tables.now += 60_001;
      await table.sweep();

      expect(tables.ended).to.deep.equal([idle]);
      expect([...table.all()]).to.deep.equal([busy]);
      const left = await tables.storage.sessions.find([idle.id, busy.id]);
      expect(left.map(({ id }) => id)).to.deep.equal([busy.id]);
    });

    it("keeps a session as long as it is used", async () => {
      const table = tables.table();
      const { id } = await openOne(table);

      for (let i = 0; i < 5; i++) {
        tables.now += 40_000;
        await table.find(id, anna, ALL);
        await table.sweep();
      }

      expect(table.size).to.equal(1);
      expect(await tables.storage.sessions.find([id])).to.have.length(1);
    });

    it("aborts the calls of a session that ends, once", async () => {
      const table = tables.table();
      const session = await openOne(table);
      const call = new AbortController();
      session.inFlight.add(7, call);

      await table.end(session);
      await table.end(session);

      expect(call.signal.aborted).to.equal(true);
      expect(tables.ended).to.have.length(1);
    });

    it("lets the longest idle go from memory when it is full, and brings them back when they are asked for", async () => {
      const table = tables.table({ sessions: 2 });
      const first = await openOne(table);
      tables.now += 10;
      const second = await openOne(table);
      tables.now += 10;

      await openOne(table);

      expect(tables.ended).to.deep.equal([first]);
      expect(table.size).to.equal(2);
      expect((await table.find(first.id, anna, ALL))?.id).to.equal(first.id);
      expect(tables.ended, "the next one makes room").to.deep.equal([first, second]);
    });

    it("refuses with a retryable error when all sessions in memory are in use", async () => {
      const table = tables.table({ sessions: 2 });
      for (const session of [await openOne(table), await openOne(table)]) {
        session.inFlight.add(1, new AbortController());
      }

      const error = await rejection(() => openOne(table));

      expect(error).to.include({ code: "overloaded", retryable: true });
      expect(tables.ended).to.deep.equal([]);
    });

    it("counts those that are being opened too", async () => {
      const table = tables.table({ sessions: 2 });

      const outcomes = await Promise.allSettled([1, 2, 3].map(() => openOne(table)));

      expect(outcomes.map(({ status }) => status)).to.deep.equal(["fulfilled", "fulfilled", "rejected"]);
    });
  });

  describe("open", () => {
    it("resolves only when the session survives a crash", async () => {
      const session = await openOne(tables.table());

      const [row] = await tables.storage.sessions.find([session.id]);
      expect(row).to.deep.equal({
        id: session.id,
        endpoint: "*",
        tenant: "one",
        subject: "anna",
        protocolVersion: "2025-11-25",
        capabilities: { roots: {} },
        clientInfo: { name: "test", version: "1" },
        subscriptions: [],
        createdAt: "2026-03-01T10:00:00.000Z",
        lastSeenAt: "2026-03-01T10:00:00.000Z",
      });
    });

    it("writes many that come at once together", async () => {
      const table = tables.table({ sessions: 1_000 });

      const sessions = await Promise.all(Array.from({ length: 300 }, () => openOne(table)));

      expect(tables.calls.insert).to.equal(1);
      expect(new Set(sessions.map(({ id }) => id)).size).to.equal(300);
      expect(table.size).to.equal(300);
    });

    it("fails with what storage says, and holds nothing then", async () => {
      const table = tables.table();
      tables.failure = unavailable();

      const error = await rejection(() => openOne(table));

      expect(error).to.include({ code: "storage_unavailable", retryable: true });
      expect(table.size).to.equal(0);
    });

    it("refuses a client that says too much of itself", async () => {
      const clientInfo = { name: "x".repeat(70_000) };
      const start = {
        endpoint: ALL,
        identity: anna,
        protocolVersion: "2025-11-25",
        capabilities: {},
        clientInfo,
      };

      const error = await rejection(() => tables.table().open(start));

      expect(error.code).to.equal("invalid_request");
      expect(tables.calls.insert).to.equal(0);
    });

    it("keeps the number of stored sessions bounded: the longest idle go", async () => {
      const table = tables.table({ sessions: 2 });
      const ids: string[] = [];
      for (let i = 0; i < 25; i++) {
        tables.now += 10;
        ids.push((await openOne(table)).id);
      }

      const left = await tables.storage.sessions.find(ids);

      expect(left.length).to.be.within(19, 20);
      expect(left.map(({ id }) => id)).to.include.members(ids.slice(-19));
    });

    it("opens sessions even while too many cannot be cleared away", async () => {
      const store = { ...tables.store, trim: () => Promise.reject(unavailable()) };
      const limits = { sessions: 10, sessionIdleMs: 60_000, ...STREAM_LIMITS };
      const table = new SessionTable({ store, limits, endpoints: new Endpoints(), onEnd: () => {} });

      expect((await openOne(table)).id).to.be.a("string");
      await table.close();
    });
  });

  describe("change", () => {
    it("loses none of two changes at the same time", async () => {
      const table = tables.table();
      const session = await openOne(table);

      await Promise.all([
        table.change(session, { logLevel: "error" }),
        table.change(session, { subscriptions: new Set(["a:b"]) }),
      ]);

      const [row] = await tables.storage.sessions.find([session.id]);
      expect(row).to.deep.include({ logLevel: "error", subscriptions: ["a:b"] });
    });

    it("ends a session that is gone from storage: another gateway has ended it", async () => {
      const table = tables.table();
      const session = await openOne(table);
      await tables.storage.sessions.remove(session.id);

      const error = await rejection(() => table.change(session, { logLevel: "error" }));

      expect(error.code).to.equal("session_not_found");
      expect(tables.ended).to.deep.equal([session]);
    });
  });
});
