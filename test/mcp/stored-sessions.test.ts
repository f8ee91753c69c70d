import { expect } from "chai";

import { GatewayError } from "../../src/domain/errors.ts";
import { rejection } from "../support/refusal.ts";
import { ALL, SessionTables, anna, openOne } from "../support/session-table.ts";

const unavailable = (): GatewayError =>
  new GatewayError("storage_unavailable", "The database does not answer.", { retryable: true });

describe("SessionTable with its storage", () => {
  let tables: SessionTables;

  beforeEach(async () => {
    tables = await SessionTables.create();
  });
  afterEach(() => tables.close());

  describe("after a restart", () => {
    it("goes on with a session, its log level and what it follows", async () => {
      const before = tables.table();
      const session = await openOne(before);
      await before.change(session, { logLevel: "debug" });
      await before.change(session, { subscriptions: new Set(["file:///a", "file:///b"]) });
      await before.close();

      const found = await tables.table().find(session.id, anna, ALL);

      expect(found).to.include({ id: session.id, principal: "one/anna", protocolVersion: "2025-11-25" });
      expect(found?.logLevel).to.equal("debug");
      expect([...(found?.subscriptions ?? [])]).to.deep.equal(["file:///a", "file:///b"]);
      expect(found?.envelope).to.deep.equal({
        capabilities: { roots: {} },
        clientInfo: { name: "test", version: "1" },
        logLevel: "debug",
      });
      expect(tables.restored).to.deep.equal([found]);
    });

    it("goes on with a session of a gateway that was killed", async () => {
      const { id } = await openOne(tables.table());

      expect(await tables.table().find(id, anna, ALL)).to.have.property("id", id);
    });

    it("releases what sessions hold upstream when the gateway stops, and ends none of them", async () => {
      const table = tables.table();
      const session = await openOne(table);

      await table.close();

      expect(tables.ended).to.deep.equal([session]);
      expect(await tables.storage.sessions.find([session.id])).to.have.length(1);
    });

    it("shows a session to nobody but its caller, on its endpoint", async () => {
      const { id } = await openOne(tables.table());
      const table = tables.table();

      expect(await table.find(id, { ...anna, subject: "ben" }, ALL)).to.equal(undefined);
      expect(await table.find(id, { ...anna, tenant: "two" }, ALL)).to.equal(undefined);
      expect(await table.find(id, anna, { kind: "server", server: "mail" })).to.equal(undefined);
      expect(table.size, "a stranger brings nothing into memory").to.equal(0);
      expect(await table.find(id, anna, ALL)).to.have.property("id", id);
    });

    it("restores a session once for all requests that ask for it at the same time", async () => {
      const { id } = await openOne(tables.table());
      const table = tables.table();

      const found = await Promise.all([1, 2, 3].map(async () => table.find(id, anna, ALL)));

      expect(new Set(found).size).to.equal(1);
      expect([tables.calls.find, tables.restored.length]).to.deep.equal([1, 1]);
    });

    it("knows no session that nobody used for too long", async () => {
      const { id } = await openOne(tables.table());

      tables.now += 60_001;

      expect(await tables.table().find(id, anna, ALL)).to.equal(undefined);
    });

    it("knows of a use that was noted when the gateway stopped", async () => {
      const before = tables.table();
      const { id } = await openOne(before);
      tables.now += 50_000;
      await before.find(id, anna, ALL);
      await before.close();

      tables.now += 50_000;

      expect(await tables.table().find(id, anna, ALL)).to.have.property("id", id);
    });

    it("knows of a use that was noted while it ran, also of a session that has left the memory since", async () => {
      const before = tables.table({ sessions: 1 });
      const { id } = await openOne(before);
      tables.now += 50_000;
      await before.find(id, anna, ALL);
      await openOne(before);
      await before.sweep();

      tables.now += 50_000;

      expect(await tables.table().find(id, anna, ALL)).to.have.property("id", id);
    });

    it("does not find a session that its client ended", async () => {
      const before = tables.table();
      const session = await openOne(before);
      await before.end(session);

      expect(await before.find(session.id, anna, ALL)).to.equal(undefined);
      expect(await tables.table().find(session.id, anna, ALL)).to.equal(undefined);
    });
  });

  describe("made-up ids", () => {
    const guess = (n: number): string => `00000000-0000-4000-8000-${String(n).padStart(12, "0")}`;

    it("are refused without a read when they have not the form of one", () => {
      const table = tables.table();

      for (const id of ["guess", "", "' or 1=1", guess(1).toUpperCase().replace("8", "X"), `${guess(1)}0`]) {
        expect(table.find(id, anna, ALL), id).to.equal(undefined);
      }
      expect(tables.calls.find).to.equal(0);
    });

    it("are read together, and not again for some seconds", async () => {
      const table = tables.table();
      const ask = () =>
        Promise.all(Array.from({ length: 100 }, async (_, n) => table.find(guess(n), anna, ALL)));

      const found = await ask();
      await ask();
      expect(new Set(found)).to.deep.equal(new Set([undefined]));
      expect(tables.calls.find).to.equal(1);

      tables.now += 5_000;
      await ask();
      expect(tables.calls.find).to.equal(2);
    });
  });

  describe("while storage does not answer", () => {
    it("says so instead of taking a session for ended, and finds it afterwards", async () => {
      const { id } = await openOne(tables.table());
      const table = tables.table();
      tables.failure = unavailable();

      const error = await rejection(async () => table.find(id, anna, ALL));

      expect(error).to.include({ code: "storage_unavailable", retryable: true });
      tables.failure = undefined;
      expect(await table.find(id, anna, ALL)).to.have.property("id", id);
    });

    it("goes on with sessions in memory", async () => {
      const table = tables.table();
      const session = await openOne(table);
      tables.failure = unavailable();

      expect(table.find(session.id, anna, ALL)).to.equal(session);
    });

    it("fails to end a session, which can be ended later", async () => {
      const table = tables.table();
      const session = await openOne(table);
      tables.failure = unavailable();

      const error = await rejection(() => table.end(session));
      tables.failure = undefined;
      const again = await table.find(session.id, anna, ALL);

      expect(error.code).to.equal("storage_unavailable");
      expect(again).to.have.property("id", session.id);
    });

    it("takes back a change that was not stored", async () => {
      const table = tables.table();
      const session = await openOne(table);
      await table.change(session, { logLevel: "info" });
      tables.failure = unavailable();

      const error = await rejection(() => table.change(session, { logLevel: "debug" }));

      expect(error.code).to.equal("storage_unavailable");
      expect(session.logLevel).to.equal("info");
    });

    it("tells of a use that it could not note, and notes it at the next time", async () => {
      const table = tables.table();
      const { id } = await openOne(table);
      tables.now += 50_000;
      await table.find(id, anna, ALL);
      tables.failure = unavailable();
      await table.sweep();
      expect(tables.errors).to.deep.equal([tables.failure]);

      tables.failure = undefined;
      await table.sweep();

      const [row] = await tables.storage.sessions.find([id]);
      expect(Date.parse(row?.lastSeenAt ?? "")).to.equal(tables.now);
    });
  });
});
