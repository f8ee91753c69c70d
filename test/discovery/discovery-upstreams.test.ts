import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { expect } from "chai";

import { Discovery } from "../../src/discovery/discovery.ts";
import { GatewayError } from "../../src/domain/errors.ts";
import { DEFAULT_LIMITS } from "../../src/domain/limits.ts";
import type { ServerEntry } from "../../src/domain/server.ts";
import { createLogger } from "../../src/observability/logger.ts";
import { UpstreamPool, refuseQuestion } from "../../src/upstream/upstream.ts";
import { createEgress } from "../../src/wire/egress.ts";
import { until } from "../support/child-processes.ts";
import { http, RegistryHarness, stdio } from "../support/open-registry.ts";

const FIXTURES = fileURLToPath(new URL("../fixtures/stdio", import.meta.url));
const fixture = (name: string, ...args: readonly string[]): ServerEntry =>
  stdio({ command: process.execPath, args: [join(FIXTURES, `${name}.js`), ...args] });
/** What the issue allows a dead command until health shows it. */
const PROMPT_MS = 5_000;

/** The real parts together: registry, upstreams, children. */
describe("Discovery over real upstreams", function () {
  this.timeout(20_000);
  let harness: RegistryHarness;
  let upstreams: UpstreamPool;
  let discovery: Discovery;
  const code = (server: string): string => discovery.health(server).code;
  const call = (server: string, name: string) =>
    upstreams.call(server, {
      method: "tools/call",
      params: { name, arguments: {} },
      era: "2025",
      scope: "",
      signal: new AbortController().signal,
    });

  beforeEach(async () => {
    harness = await RegistryHarness.open();
    const { registry, bus } = harness;
    const logger = createLogger({ level: "silent", write: () => {} });
    const egress = createEgress({ allowPrivate: true, allow: [] }, DEFAULT_LIMITS);
    upstreams = new UpstreamPool({
      definition: (server) => registry.findServer(server),
      httpTools: () => registry.httpTools(),
      expand: (text) => {
        if (text.includes("${")) throw new GatewayError("needs_input", `The variable in ${text} is not set.`);
        return text;
      },
      environment: process.env,
      egress: { operator: egress, rest: egress },
      clientInfo: { name: "test", version: "1" },
      limits: DEFAULT_LIMITS,
      logger,
      onListChanged: (server) => discovery.listChanged(server),
      onStatus: (server) => discovery.statusChanged(server),
      onScopeRequest: (_server, _scope, question) => refuseQuestion(question),
      onScopeNotification: () => {},
      onResourceUpdated: () => {},
    });
    discovery = new Discovery({ registry, upstreams, events: bus, logger, connectMs: 5_000 });
    discovery.start();
  });

  afterEach(async () => {
    await discovery.close();
    await upstreams.close();
    await harness.close();
  });

  it("serves the good tools of an upstream and names the malformed one", async () => {
    await harness.registry.addServer("growing", fixture("growing-tools"), "api");
    await until("it is explored", () => code("growing") !== "connecting");

    const health = discovery.health("growing");

    expect(harness.registry.catalog.tools.map(({ id }) => id)).to.deep.equal(["growing__grow"]);
    expect(health).to.include({ level: "degraded", code: "tools_quarantined" });
    expect(health.summary).to.contain("(era 2025)");
    expect(health.quarantined?.map(({ tool }) => tool)).to.deep.equal(["broken"]);
  });

  it("follows a list that an upstream changes", async () => {
    await harness.registry.addServer("growing", fixture("growing-tools"), "api");
    await until("its tool is listed", () => harness.registry.catalog.tools.length === 1);
    harness.takeEvents();

    await call("growing", "grow");
    await until("its new tool is listed", () => harness.registry.catalog.tools.length === 2);

    expect(harness.registry.catalog.tool("growing__tool_2")?.server).to.equal("growing");
    expect(harness.takeEvents()).to.deep.include({
      kind: "offering-changed",
      server: "growing",
      tools: true,
      resources: false,
      prompts: false,
    });
  });

  it("finds a child well again after it died in a call", async () => {
    await harness.registry.addServer("growing", fixture("growing-tools"), "api");
    await until("its tool is listed", () => harness.registry.catalog.tools.length === 1);
    harness.takeEvents();

    await call("growing", "die").catch(() => {});
    await until("its death is noticed", () => code("growing") !== "tools_quarantined");
    const ill = discovery.health("growing");
    await until("it is well again", () => code("growing") === "tools_quarantined");

    expect(ill.level).to.equal("degraded");
    expect(harness.registry.catalog.tools).to.have.length(1);
    expect(harness.takeEvents().map(({ kind }) => kind)).to.deep.equal(["health-changed", "health-changed"]);
  });

  it("shows within five seconds that a command does not exist, dies or refuses, and why", async () => {
    const started = performance.now();
    await harness.registry.addServer("missing", stdio({ command: "/no/such/command" }), "api");
    await harness.registry.addServer("dying", fixture("misbehaving-start", "dies"), "api");
    await harness.registry.addServer("refused", http({ url: "http://127.0.0.1:1/mcp" }), "api");
    await harness.registry.addServer("unset", stdio({ env: { TOKEN: "${NOT_SET_ANYWHERE}" } }), "api");
    await harness.registry.addServer("good", fixture("growing-tools"), "api");
    await until("all are explored", () =>
      discovery.healthAll().every(({ health }) => health.code !== "connecting"),
    );
    const took = performance.now() - started;

    expect(took).to.be.lessThan(PROMPT_MS);
    for (const { server, health } of discovery.healthAll().filter((each) => each.server !== "good")) {
      expect(health.level, server).to.equal("unhealthy");
      expect(health.summary, server).to.not.equal("");
      expect(health.action?.label, server).to.be.a("string");
    }
    expect(code("unset")).to.equal("needs_input");
    expect(code("missing")).to.equal("upstream_unavailable");
    expect(discovery.health("dying").stderr_tail).to.include("API_TOKEN is not set");
    expect(harness.registry.catalog.tools.map(({ server }) => server)).to.deep.equal(["good"]);
  });

  it("asks a server that failed anew when its definition is mended", async () => {
    await harness.registry.addServer("mended", stdio({ command: "/no/such/command" }), "api");
    await until("it failed", () => code("mended") === "upstream_unavailable");

    await harness.registry.updateServer("mended", () => fixture("growing-tools"));
    await until("it is mended", () => code("mended") === "tools_quarantined");

    expect(harness.registry.catalog.tools).to.have.length(1);
  });

  it("asks again at once when told to, whatever the backoff says", async () => {
    const entry = fixture("misbehaving-start", "dies");
    await harness.registry.addServer("dying", entry, "api");
    await until("it failed", () => code("dying") === "upstream_unavailable");

    const failures = await Promise.all(
      [1, 2].map(() => discovery.refresh("dying").catch((error: unknown) => error)),
    );

    expect(failures[0]).to.equal(failures[1]);
    expect(failures[0]).to.have.property("code", "upstream_unavailable");
  });
});
