import { expect } from "chai";

import type { JsonObject } from "../../src/domain/json.ts";
import { Reply } from "../../src/wire/reply.ts";
import { descendantsOf } from "../support/child-processes.ts";
import { rejection } from "../support/refusal.ts";
import { until } from "../wire/raw-server.ts";
import { NEVER } from "./mcp-upstream.ts";
import { PoolBench } from "./pool-bench.ts";
import { Answering, type Mode, TalkingChild, askable } from "./talking-child.ts";

describe("children in the pool", function () {
  this.timeout(20_000);
  let bench: PoolBench;
  let child: TalkingChild;

  beforeEach(() => {
    bench = new PoolBench({ limits: { connectMs: 10_000 } });
  });
  afterEach(() => bench.close());

  const use = (mode: Mode = "2025", gateway: object = {}): void => {
    child = new TalkingChild(bench, { mode, gateway });
  };
  const status = () => bench.pool.status("talk");
  const anna = { scope: "anna", envelope: askable("anna") } as const;
  const ben = { scope: "ben", envelope: askable("ben") } as const;

  describe("of sessions that can be asked", () => {
    it("are one each, besides the one that all others share", async () => {
      use();

      const shared = await child.pid({ scope: "carl" });
      const pids = [await child.pid(anna), await child.pid(ben), await child.pid(anna)];

      expect(pids[0]).to.equal(pids[2]);
      expect(new Set([shared, ...pids]).size).to.equal(3);
      expect(status()).to.deep.include({ connections: 3, leases: 2 });
    });

    it("are told exactly what the client can do, and who it is", async () => {
      use();

      const { client } = await child.call("who", anna);

      expect(client).to.deep.include({
        capabilities: { elicitation: { form: {} }, roots: { listChanged: true } },
        clientInfo: { name: "anna", version: "1" },
      });
    });

    it("ask the client of the call, and nobody else", async () => {
      use();
      const [a, b] = [new Answering({ action: "accept" }), new Answering({ action: "decline" })];

      const [fromAnna, fromBen] = await Promise.all([
        child.call("ask", { ...anna, onRequest: a.onRequest }),
        child.call("ask", { ...ben, onRequest: b.onRequest }),
      ]);

      expect(fromAnna["answer"]).to.deep.equal({ action: "accept" });
      expect(fromBen["answer"]).to.deep.equal({ action: "decline" });
      expect([a.asked.length, b.asked.length]).to.deep.equal([1, 1]);
      expect(a.asked[0]).to.deep.include({ method: "elicitation/create", params: { message: "Which one?" } });
    });

    it("ask the session outside of any call", async () => {
      use();
      bench.answer = async () => Reply.of("result", { roots: [{ uri: "file:///a" }] }, "2025");

      await child.call("askLater", anna);
      await until(() => bench.questions.length === 1);

      expect(bench.questions).to.deep.equal([["talk", "anna", "roots/list"]]);
      let answers: JsonObject | undefined;
      await until(() => {
        child
          .call("answers", anna)
          .then((value) => (answers = value))
          .catch(() => undefined);
        return Array.isArray(answers) && answers.length === 1;
      });
      expect(answers).to.deep.equal([{ roots: [{ uri: "file:///a" }] }]);
    });

    it("tell the session what belongs to no call", async () => {
      use();

      await child.call("tellLater", anna);
      await until(() => bench.told.length === 1);

      expect(bench.told).to.deep.equal([
        ["talk", "anna", "notifications/message", { level: "info", data: "later" }],
      ]);
    });

    it("hear what the client tells, on all servers, and no other session's children do", async () => {
      use();
      const other = new TalkingChild(bench, { name: "other" });
      await Promise.all([child.pid(anna), child.pid(ben), other.pid(anna), child.pid({ scope: "carl" })]);

      bench.pool.notify("anna", "notifications/roots/list_changed", {});
      bench.pool.notify("carl", "notifications/roots/list_changed", {});
      bench.pool.notify("nobody", "notifications/roots/list_changed", {});

      const heard = await Promise.all([
        child.call("heard", anna),
        other.call("heard", anna),
        child.call("heard", ben),
        child.call("heard", { scope: "carl" }),
      ]);
      const ofRoots = (methods: JsonObject) =>
        (methods as unknown as string[]).filter((method) => method === "notifications/roots/list_changed")
          .length;
      expect(heard.map(ofRoots)).to.deep.equal([1, 1, 0, 0]);
    });

    it("end with the session", async () => {
      use();
      const [own, bens] = [Number(await child.pid(anna)), Number(await child.pid(ben))];

      bench.pool.release("anna");

      await until(() => !descendantsOf(process.pid).includes(own));
      expect(descendantsOf(process.pid)).to.include(bens);
      expect(status().leases).to.equal(1);
    });

    it("are started again after their end, and the others never notice", async () => {
      use();
      const [first, bens] = [await child.pid(anna), await child.pid(ben)];
      expect(await rejection(() => child.call("die", anna))).to.deep.include({
        code: "upstream_broken",
        executed: "unknown",
      });

      const again = await child.pid(anna);

      expect(again).not.to.equal(first);
      expect(await child.pid(ben)).to.equal(bens);
    });

    it("are not for sessions that cannot be asked", async () => {
      use();

      const pids = await Promise.all(
        (["2025", "2026"] as const).flatMap((era) =>
          ["anna", "ben"].map((scope) => child.pid({ scope, era, envelope: { capabilities: {} } })),
        ),
      );

      expect(new Set(pids).size).to.equal(1);
      expect(status()).to.deep.include({ connections: 1, leases: 0 });
    });
  });

  describe("that is shared", () => {
    it("is told that everything can be asked, so that it shows all its tools", async () => {
      use();

      const offering = await bench.pool.explore("talk", NEVER());

      expect(offering.tools.map(({ name }) => name)).to.include("ask");
      const { client } = await child.call("who");
      expect((client as JsonObject)["capabilities"]).to.deep.equal({
        sampling: {},
        elicitation: { form: {}, url: {} },
        roots: { listChanged: true },
      });
    });

    it("hears that there is nobody, when it asks during a call or outside of one", async () => {
      use();

      const { answer } = await child.call("ask");
      await child.call("askLater");
      await new Promise((resolve) => setTimeout(resolve, 60));

      expect(answer).to.have.property("code", -32601);
      expect(await child.call("answers")).to.have.nested.property("[0].code", -32601);
      expect(bench.questions).to.deep.equal([]);
    });

    it("never asks the user of one call what another one's upstream wants to know", async () => {
      use("2025", { sessions: "shared" });
      const annas = new Answering({ action: "accept" });
      const slow = child.call("slow", { ...anna, args: { ms: 300 }, onRequest: annas.onRequest });

      const { answer } = await child.call("ask", { scope: "ben" });

      expect(answer).to.have.property("code", -32601);
      await slow;
      expect(annas.asked).to.deep.equal([]);
    });
  });

  describe("by the setting", () => {
    it("are never leased when all are to share", async () => {
      use("2025", { sessions: "shared" });

      const pids = await Promise.all([
        child.pid(anna),
        child.pid({ ...ben, era: "2026" }),
        child.pid({ scope: "carl" }),
      ]);

      expect(new Set(pids).size).to.equal(1);
    });

    it("are one for each scope when every client is to have its own", async () => {
      use("2025", { sessions: "per-client" });

      const pids = await Promise.all(["a", "b", "c"].map((scope) => child.pid({ scope })));

      expect(new Set(pids).size).to.equal(3);
      expect(await child.pid({ scope: "a" })).to.equal(pids[0]);
      expect(status()).to.deep.include({ connections: 4, leases: 3 });
    });
  });

  it("are at most sixteen leased ones: those who come later use the shared one, and cannot be asked", async function () {
    this.timeout(60_000);
    use("2025", { sessions: "per-client" });
    const scopes = Array.from({ length: 16 }, (_, i) => `scope ${i}`);
    const shared = (await child.call("who", { scope: "" }))["pid"];
    const pids = await Promise.all(scopes.map((scope) => child.pid({ scope })));
    expect(new Set([...pids, shared]).size).to.equal(17);
    const late = new Answering({ action: "accept" });

    const { pid, answer } = await child.call("ask", { ...anna, onRequest: late.onRequest });

    expect(pid).to.equal(shared);
    expect(answer).to.have.property("code", -32601);
    expect(late.asked).to.deep.equal([]);
    await child.pid(ben);
    expect(bench.warnings).to.deep.equal(["no more processes of callers, the shared one is used"]);
    expect(status().leases).to.equal(16);
    bench.pool.release("scope 7");
    expect(await child.pid(anna)).not.to.equal(shared);
  });

  it("are all gone when the server is dropped", async () => {
    use();
    const pids = (await Promise.all([
      child.pid(anna),
      child.pid(ben),
      child.pid({ ...anna, era: "2026" }),
      child.pid(),
    ])) as number[];
    expect(new Set(pids).size).to.equal(4);

    await bench.pool.drop("talk");

    const left = descendantsOf(process.pid);
    expect(pids.filter((pid) => left.includes(pid))).to.deep.equal([]);
    expect(bench.pool.connections).to.equal(0);
  });
});
