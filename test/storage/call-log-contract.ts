import { expect } from "chai";

import type { CallRow, Storage } from "../../src/storage/storage.ts";

function aCall(id: string, change: Partial<CallRow> = {}): CallRow {
  return {
    id,
    tenant: "default",
    subject: "anna",
    requestId: `req_${id}`,
    server: "weather",
    tool: "forecast",
    outcome: "ok",
    failed: false,
    view: `{"id":"${id}","é":"😀"}`,
    ...change,
  };
}

/** What every storage must do with the log of calls. */
export function describeCallLog(storage: () => Storage): void {
  describe("the log of calls", () => {
    const found = async (filter: object, limit = 10): Promise<readonly string[]> => {
      const rows = await storage().calls.find({ tenant: "default", ...filter }, limit);
      return rows.map(({ id }) => id);
    };

    it("gives back what was written, the newest first", async () => {
      await storage().calls.insert([aCall("a"), aCall("c"), aCall("b")]);

      expect(await found({})).to.deep.equal(["c", "b", "a"]);
      expect(await found({}, 2)).to.deep.equal(["c", "b"]);
      expect(await storage().calls.find({ tenant: "default" }, 1)).to.deep.equal([
        { id: "c", view: '{"id":"c","é":"😀"}' },
      ]);
      expect(await storage().calls.count()).to.equal(3);
    });

    it("finds calls by all that they are known by", async () => {
      const calls = storage().calls;
      await calls.insert([aCall("a"), aCall("b", { subject: "ben", server: "mail", tool: "send" })]);
      await calls.insert([aCall("c", { outcome: "unknown", failed: true }), aCall("d", { tenant: "other" })]);

      expect(await found({ subject: "ben" })).to.deep.equal(["b"]);
      expect(await found({ server: "mail", tool: "send" })).to.deep.equal(["b"]);
      expect(await found({ server: "mail", tool: "forecast" })).to.deep.equal([]);
      expect(await found({ requestId: "req_a" })).to.deep.equal(["a"]);
      expect(await found({ outcome: "unknown" })).to.deep.equal(["c"]);
      expect(await found({ failed: true })).to.deep.equal(["c"]);
      expect(await found({ failed: false })).to.deep.equal(["b", "a"]);
      expect(await found({ from: "b" })).to.deep.equal(["c", "b"]);
      expect(await found({ before: "b" })).to.deep.equal(["a"]);
      expect(await found({ tenant: "other" })).to.deep.equal(["d"]);
      expect(await found({ server: "' or '1'='1" })).to.deep.equal([]);
    });

    it("removes the oldest, only those before an id if one is given", async () => {
      await storage().calls.insert(["a", "b", "c", "d"].map((id) => aCall(id)));

      expect(await storage().calls.prune(10, "b")).to.equal(1);
      expect(await storage().calls.prune(2)).to.equal(2);
      expect(await found({})).to.deep.equal(["d"]);
      expect(await storage().calls.prune(5)).to.equal(1);
      expect(await storage().calls.prune(5)).to.equal(0);
    });
  });
}
