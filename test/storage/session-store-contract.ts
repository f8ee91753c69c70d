import { expect } from "chai";

import type { SessionRow, Storage } from "../../src/storage/storage.ts";
import { rejection } from "../support/refusal.ts";

const AT = "2026-03-01T10:00:00.000Z";
const LATER = "2026-03-02T10:00:00.000Z";

function aSession(id: string, change: Partial<SessionRow> = {}): SessionRow {
  return {
    id,
    endpoint: "*",
    tenant: "default",
    subject: "anna",
    protocolVersion: "2025-11-25",
    capabilities: { roots: { listChanged: true } },
    clientInfo: { name: 'quote " and é 😀 \u0000', version: "1" },
    subscriptions: [],
    createdAt: AT,
    lastSeenAt: AT,
    ...change,
  };
}

/** What every storage must do with sessions. */
export function describeSessions(deps: { storage: () => Storage; reopen: () => Promise<void> }): void {
  const { storage, reopen } = deps;

  describe("sessions", () => {
    const ids = async (): Promise<readonly string[]> => {
      const rows = await storage().sessions.find(["a", "b", "c", "d"]);
      return rows.map(({ id }) => id).sort();
    };
    /** Last used on the first, the second, … day of a month. */
    const insertUsed = async (): Promise<void> => {
      const days = ["a", "b", "c", "d"].map((id, day) =>
        aSession(id, { lastSeenAt: `2026-03-0${day + 1}T10:00:00.000Z` }),
      );
      await storage().sessions.insert(days);
    };

    it("gives back what was inserted, exactly, and nothing for an unknown id", async () => {
      const full = aSession("b", {
        logLevel: "debug",
        subscriptions: ["file:///é", "x:y"],
        endpoint: "mail",
      });
      await storage().sessions.insert([aSession("a"), full]);

      expect(await storage().sessions.find(["a"])).to.deep.equal([aSession("a")]);
      expect(await storage().sessions.find(["b", "z"])).to.deep.equal([full]);
      expect(await storage().sessions.find(["' or '1'='1"])).to.deep.equal([]);
    });

    it("inserts a thousand at once, or none of them", async () => {
      const many = Array.from({ length: 1_000 }, (_, n) => aSession(`s${n}`));

      await storage().sessions.insert(many);
      const error = await rejection(() => storage().sessions.insert([aSession("a"), aSession("s1")]));

      expect(error.code).to.equal("storage_unavailable");
      expect(await storage().sessions.find(many.map(({ id }) => id))).to.have.length(1_000);
      expect(await ids()).to.deep.equal([]);
    });

    it("keeps sessions over a restart", async () => {
      await storage().sessions.insert([aSession("a")]);

      await reopen();

      expect(await storage().sessions.find(["a"])).to.deep.equal([aSession("a")]);
    });

    it("changes the log level and what is followed, and takes both back", async () => {
      await storage().sessions.insert([aSession("a"), aSession("b")]);

      const changed = await storage().sessions.change("a", { logLevel: "info", subscriptions: ["x:y"] });
      const during = await storage().sessions.find(["a"]);
      await storage().sessions.change("a", { subscriptions: [] });

      expect(changed).to.equal(true);
      expect(during[0]).to.deep.include({ logLevel: "info", subscriptions: ["x:y"] });
      expect(await storage().sessions.find(["a"])).to.deep.equal([aSession("a")]);
      expect(await storage().sessions.find(["b"])).to.deep.equal([aSession("b")]);
      expect(await storage().sessions.change("z", { subscriptions: [] })).to.equal(false);
    });

    it("notes the last use of any number of sessions", async () => {
      const many = Array.from({ length: 2_500 }, (_, n) => `s${n}`);
      await storage().sessions.insert([aSession("a"), aSession("s0"), aSession("s2499")]);

      await storage().sessions.touch(many, LATER);
      await storage().sessions.touch([], LATER);

      const rows = await storage().sessions.find(["a", "s0", "s2499"]);
      const seen = Object.fromEntries(rows.map(({ id, lastSeenAt }) => [id, lastSeenAt]));
      expect(seen).to.deep.equal({ a: AT, s0: LATER, s2499: LATER });
    });

    it("brings nothing back by noting its use", async () => {
      await storage().sessions.touch(["a"], LATER);

      expect(await ids()).to.deep.equal([]);
    });

    it("says whether there was something to remove", async () => {
      await storage().sessions.insert([aSession("a"), aSession("b")]);

      expect(await storage().sessions.remove("a")).to.equal(true);
      expect(await storage().sessions.remove("a")).to.equal(false);
      expect(await ids()).to.deep.equal(["b"]);
    });

    it("removes what was last used before a time, however much that is", async () => {
      const idle = Array.from({ length: 900 }, (_, n) => aSession(`s${n}`));
      const more = Array.from({ length: 900 }, (_, n) => aSession(`t${n}`));
      await storage().sessions.insert(idle);
      await storage().sessions.insert(more);
      await insertUsed();

      await storage().sessions.removeIdle("2026-03-03T10:00:00.000Z");

      expect(await ids()).to.deep.equal(["c", "d"]);
      expect(await storage().sessions.trim(10), "all others are gone").to.equal(2);
    });

    it("removes the longest idle when there are more than so many, and says how many are left", async () => {
      await insertUsed();

      expect(await storage().sessions.trim(4, 1)).to.equal(4);
      expect(await storage().sessions.trim(3)).to.equal(3);
      expect(await ids()).to.deep.equal(["b", "c", "d"]);
      expect(await storage().sessions.trim(2, 1)).to.equal(1);
      expect(await ids()).to.deep.equal(["d"]);
    });
  });
}
