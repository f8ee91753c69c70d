import { expect } from "chai";

import { DEFAULT_LIMITS } from "../../../src/domain/limits.ts";
import type { Era } from "../../../src/domain/protocol.ts";
import { exploreConnection } from "../../../src/upstream/explore.ts";
import { eraKey } from "../../../src/upstream/http/era-memory.ts";
import { type HttpConnection, connectHttp } from "../../../src/upstream/http/http.ts";
import { proves } from "../../support/proves.ts";
import { rejection } from "../../support/refusal.ts";
import {
  type Exchange,
  Heard,
  McpUpstream,
  NEVER,
  PlanMaker,
  rpcError,
  speaks2025,
  speaks2026,
  toolCall,
} from "../mcp-upstream.ts";

describe("connectHttp", () => {
  let upstream: McpUpstream;
  let plans: PlanMaker;
  const open: HttpConnection[] = [];

  beforeEach(async () => {
    upstream = await McpUpstream.start();
    plans = new PlanMaker();
  });
  afterEach(async () => {
    await Promise.all(open.splice(0).map((connection) => connection.close()));
    await plans.close();
    await upstream.close();
  });

  async function connect(
    wanted: Era,
    options: Parameters<PlanMaker["plan"]>[1] = {},
    signal = NEVER(),
  ): Promise<HttpConnection> {
    const connection = await connectHttp(
      plans.plan(upstream.url, { wanted, ...options }),
      new Heard(),
      signal,
    );
    open.push(connection);
    return connection;
  }
  const spoken = (era: Era): boolean | undefined => plans.eras.speaks(eraKey(plans.plan(upstream.url)), era);

  it("mirrors the caller's era where the upstream speaks both", async () => {
    proves("eras.mirror");
    speaks2025(speaks2026(upstream));

    expect((await connect("2026")).era).to.equal("2026");
    expect((await connect("2025")).era).to.equal("2025");
    expect(upstream.count("server/discover")).to.equal(1);
    expect(upstream.count("initialize")).to.equal(1);
  });

  const refusals: Readonly<Record<string, (exchange: Exchange) => void>> = {
    "-32601": (exchange) => rpcError(exchange, -32601, "Method not found"),
    "-32600": (exchange) => rpcError(exchange, -32600, "Invalid request"),
    "-32602": (exchange) => rpcError(exchange, -32602, "Missing params"),
    "-32022 with 400": (exchange) =>
      rpcError(exchange, -32022, "Unsupported version", 400, { supported: ["2025-11-25"] }),
    "an error that it is not initialized": (exchange) =>
      rpcError({ ...exchange, id: undefined }, -32000, "Bad Request: Server not initialized", 400),
    "status 400": ({ response }) => response.writeHead(400).end("Bad Request"),
    "status 404": ({ response }) => response.writeHead(404).end(),
    "status 405": ({ response }) => response.writeHead(405).end(),
  };
  for (const [what, refuse] of Object.entries(refusals)) {
    it(`takes ${what} to server/discover as a sign of the 2025 era`, async () => {
      speaks2025(upstream).on("server/discover", refuse);

      expect((await connect("2026")).era).to.equal("2025");
      expect(spoken("2026")).to.equal(false);
      expect(spoken("2025")).to.equal(true);
    });

    it(`takes ${what} to initialize as a sign of the 2026 era`, async () => {
      speaks2026(upstream).on("initialize", refuse);

      expect((await connect("2025")).era).to.equal("2026");
      expect(spoken("2025")).to.equal(false);
    });
  }

  it("takes a server that discovers other versions only for one of the 2025 era", async () => {
    speaks2025(upstream).result("server/discover", { supportedVersions: ["2030-01-01"] });

    expect((await connect("2026")).era).to.equal("2025");
  });

  const proofless: readonly (readonly [string, (exchange: Exchange) => void, string])[] = [
    ["401", ({ response }) => response.writeHead(401).end(), "upstream_auth_required"],
    ["403", ({ response }) => response.writeHead(403).end(), "upstream_auth_required"],
    ["429", ({ response }) => response.writeHead(429).end(), "upstream_rejected"],
    ["500", ({ response }) => response.writeHead(500).end(), "upstream_broken"],
    ["503", ({ response }) => response.writeHead(503).end(), "upstream_broken"],
    [
      "a redirect",
      ({ response }) => response.writeHead(302, { location: "/" }).end(),
      "upstream_protocol_error",
    ],
    ["a cut connection", ({ response }) => response.destroy(), "upstream_broken"],
    [
      "a web page",
      ({ response }) => response.writeHead(200, { "content-type": "text/html" }).end("<p>"),
      "upstream_protocol_error",
    ],
  ];
  for (const [what, answer, code] of proofless) {
    it(`learns nothing of an era from ${what}, and fails`, async () => {
      proves("eras.evidence");
      speaks2025(upstream).on("server/discover", answer);

      const error = await rejection(() => connect("2026"));

      expect(error.code).to.equal(code);
      expect(upstream.count("initialize")).to.equal(0);
      expect(spoken("2026")).to.equal(undefined);
    });
  }

  it("learns nothing of an era from silence, and is given up by its signal", async () => {
    proves("eras.evidence");
    const abort = new AbortController();
    upstream.on("server/discover", () => abort.abort());

    expect((await rejection(() => connect("2026", {}, abort.signal))).code).to.equal("cancelled");
    expect(spoken("2026")).to.equal(undefined);
  });

  it("remembers what it learned, for all who connect to the same place with the same headers", async () => {
    proves("eras.probe");
    speaks2025(upstream);

    await connect("2026");
    await connect("2026");
    await connect("2026", { headers: { authorization: "other" } });

    expect(upstream.count("server/discover")).to.equal(2);
    expect(upstream.count("initialize")).to.equal(3);
  });

  it("does not probe where the operator has said the era", async () => {
    speaks2025(speaks2026(upstream));

    expect((await connect("2026", { era: "2025" })).era).to.equal("2025");
    expect((await connect("2025", { era: "2026" })).era).to.equal("2026");
    expect(upstream.count("server/discover")).to.equal(1);
    expect(upstream.count("initialize")).to.equal(1);
  });

  it("asks nothing where the operator vouches for the 2026 era", async () => {
    upstream.result("tools/list", { tools: [] });

    const connection = await connect("2025", { era: "assume-2026" });
    const reply = await connection.call(toolCall("", { method: "tools/list", params: {}, era: "2026" }));

    expect(connection.era).to.equal("2026");
    expect(connection.capabilities).to.deep.equal({ tools: {}, resources: {}, prompts: {}, completions: {} });
    expect(connection.serverInfo).to.deep.equal({});
    expect(reply.kind).to.equal("result");
    expect(upstream.seen.map(({ key }) => key)).to.deep.equal(["tools/list"]);
  });

  it("explores such an upstream, whatever of it is missing", async () => {
    upstream.result("tools/list", { tools: [{ name: "a", inputSchema: { type: "object" } }] });
    const connection = await connect("2026", { era: "assume-2026" });

    const offering = await exploreConnection(connection, {
      server: "up",
      limits: DEFAULT_LIMITS,
      eras: ["2026"],
      signal: NEVER(),
    });

    expect(offering.tools.map(({ name }) => name)).to.deep.equal(["a"]);
    expect(offering.quarantined).to.deep.equal([]);
  });

  it("says what was refused where nobody speaks MCP, without the secrets in the URL", async () => {
    const url = upstream.url
      .replace("http://", "http://anna:hunter2@")
      .replace("/mcp", "/wrong?token=hunter2");
    upstream.on("server/discover", ({ response }) => response.writeHead(404).end());
    upstream.on("initialize", ({ response }) => response.writeHead(404).end());

    const error = await rejection(() => connectHttp(plans.plan(url), new Heard(), NEVER()));

    expect(error).to.deep.include({ code: "upstream_protocol_error", outcome: "not_sent", retryable: false });
    expect(error.message).to.contain("/wrong").and.contain("404").and.not.contain("hunter2");
    expect(error.fix[0]?.label).to.contain("/mcp");
    expect(plans.eras.speaks(eraKey(plans.plan(url)), "2025")).to.equal(undefined);
  });

  it("tries the other era when the remembered one is gone", async () => {
    speaks2025(upstream);
    await connect("2025");
    speaks2026(upstream).on("initialize", (exchange) => rpcError(exchange, -32601, "gone"));

    expect((await connect("2025")).era).to.equal("2026");
  });
});
