import { expect } from "chai";

import { DEFAULT_LIMITS } from "../../../src/domain/limits.ts";
import { exploreConnection } from "../../../src/upstream/explore.ts";
import { discover } from "../../../src/upstream/http/discover.ts";
import { HttpTarget } from "../../../src/upstream/http/http-target.ts";
import { Leg2026 } from "../../../src/upstream/http/leg-2026.ts";
import { proves } from "../../support/proves.ts";
import { rejection } from "../../support/refusal.ts";
import {
  type Exchange,
  Heard,
  McpUpstream,
  NEVER,
  PlanMaker,
  rpcError,
  speaks2026,
} from "../mcp-upstream.ts";

const FOUND = { resultType: "complete", supportedVersions: ["2026-07-28"], capabilities: { tools: {} } };

function reply({ id, response }: Exchange, result: object): void {
  response.writeHead(200, { "content-type": "application/json" });
  response.end(JSON.stringify({ jsonrpc: "2.0", id, result }));
}

describe("server/discover over HTTP", () => {
  let upstream: McpUpstream;
  let plans: PlanMaker;

  beforeEach(async () => {
    upstream = await McpUpstream.start();
    plans = new PlanMaker();
  });
  afterEach(async () => {
    await plans.close();
    await upstream.close();
  });

  const ask = () => discover(new HttpTarget(plans.plan(upstream.url, { wanted: "2026" })), NEVER());

  it("is sent once more to an upstream that refuses the version and names it among its own", async () => {
    let asked = 0;
    upstream.on("server/discover", (exchange) => {
      if (++asked === 1) rpcError(exchange, -32022, "Unsupported", 400, { supported: ["2026-07-28"] });
      else reply(exchange, FOUND);
    });

    const introduction = await ask();

    expect(introduction.capabilities).to.deep.equal({ tools: {} });
    expect(asked).to.equal(2);
    expect(upstream.of("server/discover").map(({ id }) => id)).to.deep.equal([1, 2]);
  });

  it("is not sent a third time", async () => {
    upstream.on("server/discover", (exchange) =>
      rpcError(exchange, -32022, "Unsupported", 400, { supported: ["2026-07-28"] }),
    );

    const error = await rejection(ask);

    expect(error.code).to.equal("upstream_rejected");
    expect(upstream.count("server/discover")).to.equal(2);
  });

  for (const data of [undefined, {}, { supported: "2026-07-28" }, { supported: ["2025-11-25"] }]) {
    it(`is not repeated for ${JSON.stringify(data)}`, async () => {
      upstream.on("server/discover", (exchange) => rpcError(exchange, -32022, "Unsupported", 400, data));

      await rejection(ask);

      expect(upstream.count("server/discover")).to.equal(1);
    });
  }

  it("leads to lists without the tools whose marks for headers cannot be honoured", async () => {
    proves("lists.bad-headers");
    speaks2026(upstream);
    const tool = (name: string, mark: string) => ({
      name,
      inputSchema: { type: "object", properties: { a: { type: "string", "x-mcp-header": mark } } },
    });
    upstream.result("tools/list", { tools: [tool("good", "A"), tool("bad", "A B")] });
    const plan = plans.plan(upstream.url, { wanted: "2026" });
    const leg = new Leg2026(plan, new Heard(), await discover(new HttpTarget(plan), NEVER()));

    const options = { server: "up", limits: DEFAULT_LIMITS, eras: ["2026"], signal: NEVER() } as const;
    const offering = await exploreConnection(leg, options);

    expect(offering.tools.map(({ name }) => name)).to.deep.equal(["good"]);
    expect(offering.quarantined).to.have.length(1);
    expect(offering.quarantined[0]).to.have.property("tool", "bad");
    await leg.close();
  });
});
