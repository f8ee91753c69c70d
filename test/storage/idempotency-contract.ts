import { expect } from "chai";

import type { KeyRow, Storage } from "../../src/storage/storage.ts";

const AT = "2026-03-01T10:00:00.000Z";
const END = "2026-03-02T10:00:00.000Z";
const PLENTY = { rows: 1_000, rowsPerOwner: 1_000, bytes: 1_000_000 };

function aKey(id: string, change: Partial<KeyRow> = {}): KeyRow {
  const owner = "anna";
  return {
    id,
    owner,
    digest: "d",
    leg: "",
    instance: "gw_1",
    state: "in_flight",
    startedAt: AT,
    expiresAt: END,
    ...change,
  };
}

/** What every storage must do with idempotency keys. */
export function describeIdempotency(deps: { storage: () => Storage; reopen: () => Promise<void> }): void {
  const keys = () => deps.storage().idempotency;

  describe("idempotency keys", () => {
    const stateOf = async (id: string) => (await keys().find(id))?.state;
    const done = (id: string, change: Partial<KeyRow> = {}): KeyRow =>
      aKey(id, { state: "done", answer: Buffer.from("r5{}"), ...change });

    it("are claimed once, whoever asks, and survive a restart", async () => {
      expect(await keys().claim([aKey("a"), aKey("b")])).to.deep.equal(new Set(["a", "b"]));
      expect(await keys().claim([aKey("b", { instance: "gw_2" }), aKey("c")])).to.deep.equal(new Set(["c"]));

      await deps.reopen();

      expect(await keys().find("b")).to.deep.equal(aKey("b"));
      expect(await keys().find("z")).to.equal(undefined);
    });

    it("are claimed by the first of two in one statement", async () => {
      const claimed = await keys().claim([aKey("a", { digest: "first" }), aKey("a", { digest: "second" })]);

      expect(claimed).to.deep.equal(new Set(["a"]));
      expect(await keys().find("a")).to.include({ digest: "first" });
    });

    it("keep their answer, byte for byte", async () => {
      const answer = Buffer.from([0, 1, 2, 255, 0xf0, 0x9f, 0x98, 0x80]);
      await keys().claim([aKey("a"), aKey("b")]);

      await keys().finish([done("a", { answer }), aKey("b", { state: "unknown" })]);

      expect((await keys().find("a"))?.answer?.equals(answer)).to.equal(true);
      expect(await keys().find("b")).to.deep.equal(aKey("b", { state: "unknown" }));
    });

    it("are finished even if they were swept away meanwhile", async () => {
      await keys().finish([done("a")]);

      expect(await stateOf("a")).to.equal("done");
    });

    it("are free again when they are released, unless the call has ended", async () => {
      await keys().claim([aKey("a"), aKey("b")]);
      await keys().finish([done("b")]);

      await keys().release(["a", "b"]);

      expect([await stateOf("a"), await stateOf("b")]).to.deep.equal([undefined, "done"]);
    });

    it("are replaced only while they are as they were found", async () => {
      await keys().claim([aKey("a")]);
      await keys().finish([aKey("a", { state: "asked" })]);
      const found = await keys().find("a");
      if (found === undefined) throw new TypeError("it is gone");
      const next = aKey("a", { leg: "second", instance: "gw_2" });

      expect(await keys().replace(found, next)).to.equal(true);
      expect(await keys().replace(found, aKey("a", { leg: "third" }))).to.equal(false);
      expect(await keys().find("a")).to.deep.equal(next);
    });

    it("are swept when their time is over, also in great numbers", async () => {
      const old = Array.from({ length: 700 }, (_, n) => aKey(`old${n}`, { expiresAt: AT }));
      await keys().claim([...old, aKey("young")]);

      await keys().sweep(AT, PLENTY);

      expect(await stateOf("old0")).to.equal(undefined);
      expect(await stateOf("old699")).to.equal(undefined);
      expect(await stateOf("young")).to.equal("in_flight");
    });

    it("are swept when there are too many of one caller, or of all: the oldest, and none in flight", async () => {
      const aged = (id: string, day: number, owner: string) =>
        done(id, { owner, expiresAt: `2026-03-0${day}T10:00:00.000Z` });
      await keys().finish([aged("a1", 2, "anna"), aged("a2", 3, "anna"), aged("a3", 4, "anna")]);
      await keys().finish([aged("b1", 2, "ben"), aged("b2", 5, "ben")]);
      await keys().claim([aKey("flying", { owner: "anna", expiresAt: "2026-03-02T00:00:00.000Z" })]);

      await keys().sweep(AT, { ...PLENTY, rowsPerOwner: 2 });
      const afterOwners = await Promise.all(["a1", "a2", "a3", "b1", "b2", "flying"].map(stateOf));
      await keys().sweep(AT, { ...PLENTY, rows: 2 });
      const afterAll = await Promise.all(["a3", "b1", "b2", "flying"].map(stateOf));

      expect(afterOwners).to.deep.equal([undefined, undefined, "done", "done", "done", "in_flight"]);
      expect(afterAll).to.deep.equal([undefined, undefined, "done", "in_flight"]);
    });

    it("lose the oldest answers when these are too large together, but are not forgotten", async () => {
      const answer = Buffer.alloc(100, 7);
      const ids = Array.from({ length: 40 }, (_, n) => `k${String(n).padStart(2, "0")}`);
      await keys().finish(
        ids.map((id, n) =>
          done(id, { answer, expiresAt: `2026-04-01T10:00:${String(n).padStart(2, "0")}.000Z` }),
        ),
      );

      await keys().sweep(AT, { ...PLENTY, bytes: 1_000 });

      expect(await keys().find("k00")).to.not.have.property("answer");
      expect(await stateOf("k00")).to.equal("done");
      expect((await keys().find("k39"))?.answer?.length).to.equal(100);
    });

    it("know which gateways are alive", async () => {
      await keys().beat("gw_1", AT);
      await keys().beat("gw_1", END);
      await keys().beat("gw_2", AT);

      const alive = async (id: string) => [await keys().isAlive(id, AT), await keys().isAlive(id, END)];
      expect([await alive("gw_1"), await alive("gw_2"), await alive("gw_3")]).to.deep.equal([
        [true, true],
        [true, false],
        [false, false],
      ]);
      await keys().bury(END);
      expect([await alive("gw_1"), await alive("gw_2")]).to.deep.equal([
        [true, true],
        [false, false],
      ]);
    });
  });
}
