import { expect } from "chai";

import { UpstreamBroken, UpstreamError } from "../../src/domain/upstream-errors.ts";
import { CallRecord } from "../../src/observability/call-record.ts";
import { ORIGIN } from "../support/call-log.ts";
import { ProxyHarness, anna, fail, forecast, makeTool, send, text } from "../support/proxy-harness.ts";
import { rejection } from "../support/refusal.ts";

const broken = (): never => fail(new UpstreamBroken("weather", "it was reset"));
const tooMany = (): never =>
  fail(new UpstreamError("upstream_rejected", "weather", "rejected", "Too many.", { retryAfterMs: 1 }));

describe("the retry law of a tool", () => {
  let harness: ProxyHarness;
  beforeEach(() => {
    harness = new ProxyHarness();
  });
  afterEach(() => harness.proxy.close());

  /** How often a call of the tool is tried. */
  const tries = async (gateway: object, tool = send, answer: () => never = broken): Promise<number> => {
    harness.configure({ attempts: 3, ...gateway });
    harness.answer = answer;
    harness.sent = [];
    await rejection(() => harness.call(anna, tool));
    return harness.sent.length;
  };

  it("repeats nothing that may have been executed, unless the operator says so", async () => {
    expect(await tries({})).to.equal(1);
    expect(await tries({ retry: "safe" })).to.equal(1);
    expect(await tries({ retry: "always" })).to.equal(3);
    expect(await tries({ tools: { send: { retry: "always" } } })).to.equal(3);
    expect(await tries({ tools: { send: { idempotent: true } } })).to.equal(3);
  });

  it("repeats what was not executed, unless the operator forbids it", async () => {
    expect(await tries({}, send, tooMany)).to.equal(3);
    expect(await tries({ retry: "never" }, send, tooMany)).to.equal(1);
    expect(await tries({ tools: { send: { retry: "never" } } }, send, tooMany)).to.equal(1);
  });

  it("believes the hints of trusted upstreams only, and of these only what the operator does not deny", async () => {
    expect(await tries({}, forecast)).to.equal(1);
    expect(await tries({ trusted: true }, forecast)).to.equal(3);
    expect(await tries({ trusted: true, tools: { "fore*": { idempotent: false } } }, forecast)).to.equal(1);
    expect(await tries({ trusted: true, retry: "never" }, forecast)).to.equal(1);
  });

  it("lets the settings of a tool win over those of its server, and the first glob that fits over the others", async () => {
    const tools = {
      allow: ["*"],
      "send_*": { retry: "always" },
      "s*": { retry: "safe" },
      "*": { retry: "never" },
    };

    expect(await tries({ retry: "always", tools }, send)).to.equal(1);
    expect(await tries({ retry: "never", tools }, makeTool("send_mail"))).to.equal(3);
    expect(await tries({ retry: "always", tools }, makeTool("other"), tooMany)).to.equal(1);
  });

  it("gives a tool a time of its own, also more than its server's longest", async () => {
    harness.configure({ timeout: "5s", maxTimeout: "5s", tools: { send: { timeout: "30ms" } } });
    harness.answer = () => new Promise(() => {});

    const error = await rejection(() => harness.call(anna, send));
    expect(error).to.include({ code: "upstream_timeout", executed: "unknown" });
    expect(error.details).to.include({ after_ms: 30 });

    harness.configure({ timeout: "10ms", maxTimeout: "20ms", tools: { send: { timeout: "2s" } } });
    harness.answer = () => new Promise((resolve) => setTimeout(resolve, 60, text("late")));
    expect(await harness.call(anna, send)).to.include({ attempts: 1 });
  });

  it("tells why there was more than one attempt, in answers, errors and records", async () => {
    harness.configure({ attempts: 3 });
    harness.answer = () => (harness.sent.length < 3 ? tooMany() : text("at last"));
    const now = performance.now();
    const record = new CallRecord({ ...ORIGIN, arrivedAt: now, authenticatedAt: now });

    const answer = await harness.call(anna, send, {}, { record });

    expect(answer.retried).to.deep.equal(["upstream_rejected", "upstream_rejected"]);
    expect(record).to.include({
      server: "weather",
      tool: "send",
      outcome: "ok",
      attempts: 3,
      executed: "executed",
    });
    expect(record.failed?.map(({ outcome }) => outcome)).to.deep.equal(["rejected", "rejected"]);

    harness.answer = tooMany;
    const error = await rejection(() => harness.call(anna, makeTool("other")));
    expect(error.details).to.deep.include({
      attempts: 3,
      retried: ["upstream_rejected", "upstream_rejected"],
    });
  });

  it("waits as long as the upstream asks for, up to ten seconds", async () => {
    const asksFor = (retryAfterMs: number) => () =>
      fail(new UpstreamError("upstream_rejected", "weather", "rejected", "Too many.", { retryAfterMs }));
    const started = performance.now();

    expect(await tries({ attempts: 2 }, send, asksFor(150))).to.equal(2);
    expect(performance.now() - started).to.be.at.least(149);
    expect(await tries({ attempts: 2 }, send, asksFor(10_001))).to.equal(1);
  });
});

describe("what a call writes into its record", () => {
  it("is how it ended, when it was refused, failed, or came from the cache", async () => {
    const harness = new ProxyHarness();
    const begin = (): CallRecord => {
      const now = performance.now();
      return new CallRecord({ ...ORIGIN, arrivedAt: now, authenticatedAt: now });
    };
    const records = [begin(), begin(), begin(), begin()] as const;

    await rejection(() => harness.call({ ...anna, role: "viewer" }, send, {}, { record: records[0] }));
    harness.answer = broken;
    await rejection(() => harness.call(anna, send, {}, { record: records[1] }));
    harness.answer = () => text("sun");
    await harness.call(anna, forecast, {}, { record: records[2] });
    await harness.call(anna, forecast, {}, { record: records[3] });
    harness.proxy.close();

    expect(records.map(({ outcome }) => outcome)).to.deep.equal(["denied", "unknown", "ok", "ok"]);
    expect(records.map(({ executed }) => executed)).to.deep.equal([
      "not_executed",
      "unknown",
      "executed",
      "executed",
    ]);
    expect(records.map(({ code }) => code)).to.deep.equal(["forbidden", "upstream_broken", "", ""]);
    expect(records.map(({ cache }) => cache)).to.deep.equal(["off", "off", "miss", "hit"]);
    expect(records.map(({ attempts }) => attempts)).to.deep.equal([0, 1, 1, 0]);
    expect(records[2].missed).to.be.at.least(records[2].admitted);
    expect(records[3].granted).to.equal(-1);
    expect(records[2].answerBytes).to.equal(records[3].answerBytes).and.be.above(10);
  });
});
