import { expect } from "chai";

import { GatewayError } from "../../src/domain/errors.ts";
import type { JsonObject } from "../../src/domain/json.ts";
import { UpstreamBroken, UpstreamUnavailable } from "../../src/domain/upstream-errors.ts";
import type { CallOutcome } from "../../src/proxy/proxy.ts";
import { Reply } from "../../src/wire/reply.ts";
import { proves } from "../support/proves.ts";
import {
  ProxyHarness,
  anna,
  fail,
  failure,
  forecast,
  makeTool,
  send,
  text,
} from "../support/proxy-harness.ts";

describe("ToolProxy", () => {
  let h: ProxyHarness;

  beforeEach(() => {
    h = new ProxyHarness();
  });
  afterEach(() => h.proxy.close());

  describe("callTool", () => {
    it("sends the upstream's own name, the arguments and whatever else the caller sent", async () => {
      await h.call(anna, send, { to: "x" }, { meta: { trace: "t" }, extra: { requestState: "state" } });

      expect(h.sent[0]?.method).to.equal("tools/call");
      expect(h.sent[0]?.params).to.deep.equal({
        name: "send",
        arguments: { to: "x" },
        requestState: "state",
        _meta: { trace: "t" },
      });
    });

    it("refuses a viewer before anything is h.sent, and counts it", async () => {
      const error = await failure(h.call({ ...anna, role: "viewer" }, send));
      expect(error).to.be.instanceOf(GatewayError).with.property("code", "forbidden");
      expect(h.sent).to.deep.equal([]);
      expect(h.metered).to.deep.equal([["weather", "send", "denied"]]);
    });

    it("counts how each call ended", async () => {
      const ends: [() => Reply, CallOutcome][] = [
        [() => text("fine"), "ok"],
        [() => Reply.of("result", { content: [], isError: true }, "2025"), "tool_error"],
        [() => Reply.of("error", { code: -32602, message: "no" }, "2025"), "rpc_error"],
        [() => fail(new UpstreamBroken("weather", "cut")), "unknown"],
        [() => fail(new UpstreamUnavailable("weather", "refused")), "not_sent"],
      ];
      for (const [end, outcome] of ends) {
        h.answer = end;
        h.configure({ attempts: 1 });
        await failure(h.call(anna, send));
        expect(h.metered.at(-1)).to.deep.equal(["weather", "send", outcome]);
      }
    });

    it("gives the caller's progress on, and only asks for it when the caller did", async () => {
      proves("progress.token");
      const heard: JsonObject[] = [];
      h.answer = (upstreamCall) => {
        upstreamCall.onProgress?.({ progress: 1 });
        return text("done");
      };
      await h.call(anna, send, {}, { onProgress: (progress) => void heard.push(progress) });
      await h.call(anna, send);

      expect(heard).to.deep.equal([{ progress: 1 }]);
      expect(h.sent[1]?.onProgress).to.equal(undefined);
    });

    it("sends marked arguments as headers", async () => {
      proves("call.param-headers");
      const inputSchema = {
        type: "object",
        properties: { region: { type: "string", "x-mcp-header": "Region" } },
      };
      const marked = { ...send, definition: { ...send.definition, inputSchema } };
      await h.call(anna, marked, { region: "eu" });
      expect(h.sent[0]?.headers).to.deep.equal({ "mcp-param-region": "eu" });
    });

    it("cancels upstream and says so when the caller goes away", async () => {
      const leaving = new AbortController();
      h.answer = (upstreamCall) =>
        new Promise((_, reject) => {
          upstreamCall.signal.addEventListener("abort", () => reject(new GatewayError("cancelled", "gone")));
          leaving.abort();
        });
      const error = await failure(h.call(anna, send, {}, { signal: leaving.signal }));
      expect(error).to.have.property("code", "cancelled");
      expect(h.metered.at(-1)?.[2]).to.equal("cancelled");
    });
  });

  describe("the law of a call", () => {
    it("sends a call again that never left, and says how often it tried", async () => {
      h.answer = () =>
        h.sent.length < 3 ? fail(new UpstreamUnavailable("weather", "refused")) : text("at last");
      const { attempts, reply } = await h.call(anna, send);
      expect([attempts, h.sent.length]).to.deep.equal([3, 3]);
      expect(reply.value["content"]).to.deep.equal([{ type: "text", text: "at last" }]);
    });

    it("never sends a call again whose fate is unknown, however read-only its tool says it is", async () => {
      h.answer = () => fail(new UpstreamBroken("weather", "cut"));
      const error = (await failure(h.call(anna, forecast))) as GatewayError;
      expect(h.sent).to.have.length(1);
      expect(error.executed).to.equal("unknown");
    });

    it("sends it again if the operator trusts the upstream's hints, but not for a tool that changes things", async () => {
      h.configure({ trusted: true });
      h.answer = () => fail(new UpstreamBroken("weather", "cut"));

      await failure(h.call(anna, forecast));
      expect(h.sent).to.have.length(3);
      await failure(h.call(anna, send));
      expect(h.sent).to.have.length(4);
      await failure(h.call(anna, makeTool("put", { idempotent: true })));
      expect(h.sent).to.have.length(7);
    });

    it("never repeats a leg that carries the user's answers, trusted or not", async () => {
      h.configure({ trusted: true });
      h.answer = () => fail(new UpstreamBroken("weather", "cut"));
      await failure(h.call(anna, forecast, {}, { extra: { inputResponses: {} } }));
      await failure(h.call(anna, forecast, {}, { extra: { requestState: "s" } }));
      expect(h.sent).to.have.length(2);
    });

    it("gives up at the deadline of the call or of the server, whichever the caller set lower", async () => {
      h.configure({ timeout: "2s", maxTimeout: "3s", attempts: 1 });
      h.answer = () => new Promise(() => {});
      const error = (await failure(h.call(anna, send, {}, { timeoutMs: 30 }))) as GatewayError;
      expect(error).to.include({ code: "upstream_timeout", executed: "unknown" });
      expect(error.details).to.include({ after_ms: 30 });
    });
  });

  describe("forward", () => {
    it("carries a read to its server under the same guard", async () => {
      const context = {
        identity: anna,
        era: "2026",
        scope: "s",
        signal: new AbortController().signal,
      } as const;
      const reply = await h.proxy.forward("weather", "resources/read", { uri: "a://b" }, context);
      expect(reply.kind).to.equal("result");
      expect(h.sent[0]).to.deep.include({
        method: "resources/read",
        params: { uri: "a://b" },
        era: "2026",
        scope: "s",
      });
    });

    it("reports the state of a server's breaker", () => {
      expect(h.proxy.breakerState("weather")).to.equal("closed");
    });
  });
});
