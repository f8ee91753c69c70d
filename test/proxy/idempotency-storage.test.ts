import { expect } from "chai";

import { GatewayError } from "../../src/domain/errors.ts";
import type { ToolProxy } from "../../src/proxy/proxy.ts";
import type { Reply } from "../../src/wire/reply.ts";
import { KeyedLab, textIn } from "../support/keyed-proxy.ts";
import { withResolvers } from "../support/manual-clock.ts";
import { text } from "../support/proxy-harness.ts";
import { rejection } from "../support/refusal.ts";

describe("a call with an idempotency key and its storage", () => {
  let lab: KeyedLab;
  let proxy: ToolProxy;

  beforeEach(async () => {
    lab = await KeyedLab.open();
    proxy = lab.start();
  });
  afterEach(() => lab.close());

  describe("that does not answer", () => {
    const broken = new GatewayError("storage_unavailable", "The database does not answer.");

    it("is refused before anything is sent", async () => {
      const unable = Object.assign(await KeyedLab.open(), {
        store: { ...lab.store, claim: () => Promise.reject(broken) },
      });

      const error = await rejection(() => unable.call(unable.start(), "k1"));

      expect(error).to.include({ code: "storage_unavailable" });
      expect(unable.sent).to.deep.equal([]);
      await unable.close();
    });

    it("is answered when only its answer cannot be stored; asked again it is unknown", async () => {
      lab.store = { ...lab.store, finish: () => Promise.reject(broken) };
      proxy = lab.start();

      const answer = await lab.call(proxy, "k1");
      const error = await rejection(() => lab.call(proxy, "k1"));

      expect(textIn(answer)).to.equal("answer 1");
      expect(error).to.include({ code: "outcome_unknown" });
      expect(lab.counted).to.deep.equal(["executed", "lost", "unknown"]);
      expect(lab.warned).to.deep.equal(["idempotency keys not stored"]);
    });
  });

  describe("that replicas share", () => {
    it("waits for the replica that carries it", async () => {
      const [one, two] = [lab.start({ shared: true }), lab.start({ shared: true })];
      const gate = withResolvers<Reply>();
      lab.answer = () => gate.promise;
      const first = lab.call(one, "k1");
      while (lab.sent.length === 0) await new Promise((next) => setTimeout(next, 1));

      const second = lab.call(two, "k1");
      setTimeout(() => gate.resolve(text("of the first")), 50);

      expect([textIn(await first), textIn(await second)]).to.deep.equal(["of the first", "of the first"]);
      expect(lab.sent).to.have.length(1);
    });

    it("is unknown when the replica that carries it has not been heard of for long", async () => {
      const [one, two] = [lab.start({ shared: true }), lab.start({ shared: true })];
      lab.answer = () => new Promise(() => {});
      void lab.call(one, "k1").catch(() => {});
      while (lab.sent.length === 0) await new Promise((next) => setTimeout(next, 1));
      lab.now += 16_000;

      expect(await rejection(() => lab.call(two, "k1"))).to.include({ code: "outcome_unknown" });
    });
  });
});
