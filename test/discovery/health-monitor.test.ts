import { expect } from "chai";

import { type Finding, HealthMonitor } from "../../src/discovery/health-monitor.ts";
import { type ErrorCode, GatewayError } from "../../src/domain/errors.ts";
import { EMPTY_OFFERING } from "../../src/domain/offering.ts";
import { UpstreamUnavailable } from "../../src/domain/upstream-errors.ts";
import { EventBus, type GatewayEvent } from "../../src/events/events.ts";
import { aServer, offers } from "../support/open-registry.ts";

const AT = Date.parse("2026-03-01T10:00:00.000Z");

function aFinding(change: Partial<Finding> = {}): Finding {
  const server = aServer("files", { env: { API_TOKEN: "hunter2-hunter2" } });
  return {
    server,
    offering: undefined,
    progress: "explored",
    error: undefined,
    stderrTail: undefined,
    ...change,
  };
}

describe("HealthMonitor", () => {
  let now: number;
  let events: GatewayEvent[];
  let monitor: HealthMonitor;

  beforeEach(() => {
    now = AT;
    events = [];
    const bus = new EventBus();
    bus.subscribe((event) => events.push(event));
    monitor = new HealthMonitor({ events: bus, now: () => now });
  });

  it("never shows green what is not known", () => {
    expect(monitor.update(aFinding({ progress: "idle" }))).to.include({ level: "unknown", code: "idle" });
    expect(monitor.update(aFinding({ progress: "connecting" }))).to.include({
      level: "unknown",
      code: "connecting",
    });
    expect(monitor.update(aFinding({ progress: "connecting", offering: offers("x") })).level).to.equal(
      "unknown",
    );
  });

  it("is healthy without an action when all is well", () => {
    const offering = {
      ...offers("a", "b"),
      prompts: [{ name: "p" }],
      resourceTemplates: [{ uriTemplate: "x://{y}" }],
    };

    expect(monitor.update(aFinding({ offering }))).to.deep.equal({
      level: "healthy",
      admin_state: "enabled",
      code: "ok",
      summary: "Offers 2 tools, 1 resource, 1 prompt.",
      since: "2026-03-01T10:00:00.000Z",
    });
    expect(monitor.update(aFinding({ offering: EMPTY_OFFERING })).summary).to.equal("Offers nothing.");
  });

  it("says in which eras the upstream speaks: as it was found, else as it was last explored", () => {
    const offering = { ...offers("a"), eras: ["2025"] as const };

    expect(monitor.update(aFinding({ offering })).summary).to.equal("Offers 1 tool (era 2025).");
    expect(monitor.update(aFinding({ offering, eras: [] })).summary).to.equal("Offers 1 tool (era 2025).");
    expect(monitor.update(aFinding({ offering, eras: ["2026", "2025"] })).summary).to.equal(
      "Offers 1 tool (eras 2025 and 2026).",
    );
  });

  it("names malformed tools, and calls the server degraded for them", () => {
    const quarantined = [{ tool: "bad", reason: "inputSchema is no object" }];

    const health = monitor.update(aFinding({ offering: { ...offers("good"), quarantined } }));

    expect(health).to.deep.include({ level: "degraded", code: "tools_quarantined", quarantined });
    expect(health.summary).to.equal("Offers 1 tool; 1 malformed definition left out.");
    expect(health.action?.label).to.match(/^Correct these definitions/);
  });

  it("passes on the code, the sentence and the fix of a failure", () => {
    const fix = { label: "Install it", command: "npm install -g thing" };
    const error = new UpstreamUnavailable("files", 'the command "thing" was not found', { fix: [fix] });

    expect(monitor.update(aFinding({ error }))).to.deep.equal({
      level: "unhealthy",
      admin_state: "enabled",
      code: "upstream_unavailable",
      summary: 'Upstream "files" cannot be reached: the command "thing" was not found.',
      action: fix,
      since: "2026-03-01T10:00:00.000Z",
    });
  });

  it("says what to do also where the failure does not", () => {
    const expected = {
      upstream_auth_required: "credentials",
      needs_input: "variables",
      egress_denied: "gateway.egress.allow",
      upstream_timeout: "switchgear doctor files",
    };
    for (const [code, text] of Object.entries(expected)) {
      const error = new GatewayError(code as ErrorCode, "No.");
      expect(JSON.stringify(monitor.update(aFinding({ error })).action), code).to.include(text);
    }
  });

  it("quotes what the child wrote to stderr, the end of it, without its secrets", () => {
    const stderr_tail = `${"x".repeat(10_000)}\nTypeError: bad token hunter2-hunter2\n`;
    const fromError = monitor.update(
      aFinding({
        error: new UpstreamUnavailable("files", "exited", { details: { stderr_tail } }),
        stderrTail: "older",
      }),
    );
    const fromStatus = monitor.update(
      aFinding({ error: new UpstreamUnavailable("files", "exited"), stderrTail: "older" }),
    );

    expect(fromError.stderr_tail)
      .to.match(/TypeError: bad token •••\n$/)
      .and.have.length(4_096);
    expect(fromStatus.stderr_tail).to.equal("older");
    expect(monitor.update(aFinding({ stderrTail: "just a warning" }))).to.not.have.property("stderr_tail");
  });

  it("calls a failing server degraded while its tools are still listed", () => {
    const error = new UpstreamUnavailable("files", "connection refused");

    const health = monitor.update(aFinding({ error, offering: offers("a") }));

    expect(health).to.include({ level: "degraded", code: "upstream_unavailable" });
    expect(health.summary).to.match(/What it offered last stays listed: 1 tool\.$/);
  });

  it("does not call a disabled server ill, whatever happened before", () => {
    const finding = aFinding({
      server: aServer("files", { disabled: true }),
      error: new UpstreamUnavailable("files", "x"),
    });

    expect(monitor.update(finding)).to.include({
      level: "unknown",
      code: "disabled",
      admin_state: "disabled",
    });
  });

  it("keeps `since` and stays silent until level or code change", () => {
    monitor.update(aFinding({ offering: offers("a") }));
    now += 5_000;
    const same = monitor.update(aFinding({ offering: offers("a", "b") }));
    now += 5_000;
    const other = monitor.update(aFinding({ error: new UpstreamUnavailable("files", "x") }));

    expect(same.since).to.equal("2026-03-01T10:00:00.000Z");
    expect(other.since).to.equal("2026-03-01T10:00:10.000Z");
    expect(events).to.deep.equal([
      { kind: "health-changed", server: "files", level: "unhealthy", code: "upstream_unavailable" },
    ]);
  });

  it("begins anew with a server that was forgotten", () => {
    monitor.update(aFinding({ offering: offers("a") }));
    monitor.forget("files");
    now += 5_000;

    const health = monitor.update(aFinding({ progress: "connecting" }));

    expect(health.since).to.equal("2026-03-01T10:00:05.000Z");
    expect(events).to.deep.equal([]);
  });
});
