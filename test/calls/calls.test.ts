import { expect } from "chai";

import { MAX_USUAL } from "../../src/calls/call-writer.ts";
import { RING } from "../../src/calls/calls.ts";
import { GatewayError } from "../../src/domain/errors.ts";
import { UpstreamBroken } from "../../src/domain/upstream-errors.ts";
import { CallLab } from "../support/call-log.ts";

const ALL = { tenant: "default" };
const broken = new GatewayError("storage_unavailable", "The database does not answer.");

describe("CallLog", () => {
  let lab: CallLab;
  afterEach(() => lab.close());

  it("tells of a call as soon as it has ended, and after a restart from storage", async () => {
    lab = await CallLab.open();
    lab.call({ requestId: "req_a" });

    const found = await lab.log.find("req_a", ALL);
    const rows = await lab.storage.calls.find(ALL, 10);

    expect(found).to.include({ request_id: "req_a", tool: "forecast", outcome: "ok", executed: "executed" });
    expect(rows.map(({ view }) => JSON.parse(view) as unknown)).to.deep.equal([found]);
    expect(await lab.log.find(found?.id ?? "", ALL)).to.deep.equal(found);
    expect(await lab.log.find("req_b", ALL)).to.equal(undefined);
  });

  it("does not tell of a call that is still under way, and notes each once", async () => {
    lab = await CallLab.open();
    const record = lab.begin({ requestId: "req_a" });
    const before = await lab.log.find("req_a", ALL);
    record.succeeded("ok");
    lab.log.end(record);
    lab.log.end(record);

    expect(before).to.equal(undefined);
    expect(await lab.log.list({ limit: 10 }, ALL)).to.have.length(1);
  });

  it("shows everybody his own calls, and those of a tenant to nobody else", async () => {
    lab = await CallLab.open();
    lab.call({ requestId: "req_a" });
    lab.call({ requestId: "req_b", subject: "ben" });
    lab.call({ requestId: "req_c", tenant: "other" });
    const idsFor = async (reader: { tenant: string; subject?: string }) =>
      (await lab.log.list({ limit: 10 }, reader)).map(({ request_id }) => request_id).sort();

    expect(await idsFor(ALL)).to.deep.equal(["req_a", "req_b"]);
    expect(await idsFor({ ...ALL, subject: "ben" })).to.deep.equal(["req_b"]);
    expect(await idsFor({ tenant: "other", subject: "anna" })).to.deep.equal(["req_c"]);
    expect(await lab.log.find("req_b", { ...ALL, subject: "anna" })).to.equal(undefined);
    expect(await lab.log.find("req_c", ALL)).to.equal(undefined);
  });

  it("lists the newest first, by server, tool, outcome, failure and time, in pages", async () => {
    lab = await CallLab.open();
    for (const [at, server] of ["one", "two", "three"].entries()) {
      const record = lab.begin({ requestId: server });
      record.server = server;
      if (at === 1) record.refused("unknown", new UpstreamBroken(server, "it was reset"));
      else record.succeeded(at === 0 ? "ok" : "tool_error");
      lab.log.end(record);
      await new Promise((next) => setTimeout(next, 3));
    }
    const found = async (query: object) =>
      (await lab.log.list({ limit: 10, ...query }, ALL)).map(({ request_id }) => request_id);
    const all = await lab.log.list({ limit: 10 }, ALL);

    expect(await found({})).to.deep.equal(["three", "two", "one"]);
    expect(await found({ server: "two" })).to.deep.equal(["two"]);
    expect(await found({ tool: "forecast", limit: 2 })).to.deep.equal(["three", "two"]);
    expect(await found({ outcome: "ok" })).to.deep.equal(["one"]);
    expect(await found({ failed: true })).to.deep.equal(["three", "two"]);
    expect(await found({ failed: false })).to.deep.equal(["one"]);
    expect(await found({ before: all[1]?.id })).to.deep.equal(["one"]);
    expect(await found({ since: Date.parse(all[1]?.at ?? "") })).to.deep.equal(["three", "two"]);
    expect(await found({ since: Date.now() + 1_000 })).to.deep.equal([]);
  });

  it("keeps nothing of what was asked and answered", async () => {
    lab = await CallLab.open();
    const record = lab.begin();
    record.refused(
      "unknown",
      new GatewayError("upstream_broken", "with the secret 42", { details: { secret: 42 } }),
    );
    lab.log.end(record);

    const text = JSON.stringify(await lab.log.list({ limit: 1 }, ALL));

    expect(text).to.contain("upstream_broken");
    expect(text).to.not.contain("42");
  });

  describe("under load", () => {
    it("writes all failures and slow calls, and an even share of the rest", async () => {
      lab = await CallLab.open({ slowMs: 20 });
      const slow = lab.begin({ requestId: "slow", arrivedAt: performance.now() - 25 });
      slow.succeeded("ok");
      lab.log.end(slow);
      for (let n = 0; n < 1_000; n++) {
        const record = lab.begin({ requestId: `r${n}` });
        if (n % 10 === 0) record.refused("not_sent", broken);
        else record.succeeded("ok");
        lab.log.end(record);
      }

      await lab.log.flush();

      const failed = await lab.log.list({ limit: 1_000, failed: true }, ALL);
      const good = await lab.log.list({ limit: 1_000, failed: false }, ALL);
      expect(failed).to.have.length(100);
      expect(good).to.have.length(MAX_USUAL + 1);
      expect(good.map(({ request_id }) => request_id)).to.include("slow");
      expect(lab.counted).to.deep.equal({ stored: 101 + MAX_USUAL, sampled_out: 900 - MAX_USUAL });
    });

    it("finds the last calls in memory though they were not written", async () => {
      lab = await CallLab.open({ sample: 1_000_000 });
      lab.call({ requestId: "first" });
      lab.call({ requestId: "second" });
      await lab.log.flush();

      expect(await lab.log.find("second", ALL)).to.include({ request_id: "second" });
      expect(await lab.storage.calls.count()).to.equal(1);
    });

    it("forgets what is too much for its memory, and loses no failure of that", async () => {
      lab = await CallLab.open();
      const record = lab.begin({ requestId: "failed" });
      record.refused("unknown", broken);
      lab.log.end(record);
      for (let n = 0; n < RING + 10; n++) lab.call({ requestId: `r${n}` });

      expect(await lab.log.find("failed", ALL)).to.include({
        outcome: "unknown",
        code: "storage_unavailable",
      });
    });
  });

  it("writes one success in so many, if told so", async () => {
    lab = await CallLab.open({ sample: 10 });
    for (let n = 0; n < 100; n++) lab.call({ requestId: `r${n}` });
    await lab.log.flush();

    expect(await lab.storage.calls.count()).to.equal(10);
  });

  it("is written each second once it was started, and at its end", async () => {
    lab = await CallLab.open();
    lab.log.start();
    lab.call();
    await new Promise((next) => setTimeout(next, 1_100));
    const written = await lab.storage.calls.count();
    lab.call();
    await lab.log.close();

    expect([written, await lab.storage.calls.count()]).to.deep.equal([1, 2]);
  });

  describe("while the storage does not answer", () => {
    const store = {
      insert: () => Promise.reject(broken),
      find: () => Promise.reject(broken),
      count: () => Promise.reject(broken),
      prune: () => Promise.reject(broken),
    };

    it("tells of the calls in memory, says that it is degraded, and fails no call", async () => {
      lab = await CallLab.open({ store });
      lab.call({ requestId: "req_a" });
      lab.call({ requestId: "req_b", subject: "ben" });

      expect(await lab.log.find("req_a", ALL)).to.include({ request_id: "req_a" });
      const mine = await lab.log.list(
        { limit: 10, tool: "forecast", failed: false },
        { ...ALL, subject: "ben" },
      );
      expect(mine.map(({ request_id }) => request_id)).to.deep.equal(["req_b"]);
      expect(await lab.log.list({ limit: 10, server: "other" }, ALL)).to.deep.equal([]);
      expect(lab.log.degraded).to.equal(true);
      expect(lab.counted).to.include({ lost: 2 });
    });

    it("tells when that begins and when it ends, once each", async () => {
      let fails = true;
      const real = await CallLab.open();
      lab = await CallLab.open({
        store: { ...store, insert: async () => (fails ? Promise.reject(broken) : undefined) },
      });
      for (let n = 0; n < 4; n++) {
        fails = n < 2;
        lab.call();
        await lab.log.flush();
      }
      await real.close();

      expect(lab.states).to.deep.equal([true, false]);
      expect(lab.log.degraded).to.equal(false);
    });
  });
});
