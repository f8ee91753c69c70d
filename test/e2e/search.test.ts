import { expect } from "chai";

import { wordPieceModel } from "../search/embedders/made-models.ts";
import { until } from "../support/child-processes.ts";
import { type Gateway, startGateway } from "../support/gateway.ts";
import { everythingCommand } from "../support/real-upstreams.ts";

interface Found {
  readonly items: readonly {
    readonly tool: { readonly name: string };
    readonly scores: { readonly semantic: number };
  }[];
  readonly search: {
    readonly effective_type: string;
    readonly degraded: boolean;
    readonly embedded: number;
    readonly total: number;
  };
}

describe("search with a model, in the built gateway", function () {
  this.timeout(30_000);
  let gateway: Gateway | undefined;

  const start = async (dataDir?: string, model = wordPieceModel()): Promise<Gateway> => {
    const { command, args } = everythingCommand();
    gateway = await startGateway({
      mcpServers: { everything: { command, args } },
      gateway: { search: { embedder: { type: "static", model }, queryBudget: "5s" } },
      ...(dataDir === undefined ? {} : { dataDir }),
    });
    return gateway;
  };
  const search = async (at: Gateway, query: string): Promise<Found> => {
    const response = await fetch(`${at.url}/api/v1/tools/search?${query}`, { headers: at.headers });
    return (await response.json()) as Found;
  };
  const allEmbedded = (at: Gateway) =>
    until("all tools are embedded", async () => {
      const found = await search(at, "q=image&search_type=semantic");
      return found.search.embedded > 5 && found.search.embedded === found.search.total && found;
    });

  afterEach(async () => {
    const stopped = await gateway?.stop();
    gateway = undefined;
    expect(stopped?.left).to.deep.equal([]);
  });

  it("embeds the tools of real servers in its thread and finds them by meaning", async () => {
    const at = await start();

    const found = await allEmbedded(at);

    expect(found.search).to.include({ effective_type: "semantic", degraded: false });
    const photo = await search(at, "q=photo&search_type=hybrid");
    expect(photo.search.effective_type).to.equal("hybrid");
    expect(photo.items[0]?.tool.name).to.match(/image/i);
    expect(photo.items[0]?.scores.semantic).to.equal(1);
  });

  it("has the vectors at once after a restart", async () => {
    const first = await start();
    await allEmbedded(first);
    await first.stop({ keepData: true });

    const again = await start(first.dataDir, "/no/such/model");
    const broken = await search(again, "q=image&search_type=hybrid");
    await again.stop({ keepData: true });
    const mended = await start(first.dataDir);

    expect(broken.search).to.include({ effective_type: "keyword", degraded: true });
    expect((await allEmbedded(mended)).search.effective_type).to.equal("semantic");
  });

  it("is ready without its model", async () => {
    const at = await start(undefined, "/no/such/model");

    const ready = await fetch(`${at.url}/health/ready`);

    expect(ready.status).to.equal(200);
    const status = await fetch(`${at.url}/api/v1/status`, { headers: at.headers });
    expect(await status.json())
      .to.nested.property("search.semantic")
      .that.is.oneOf(["loading", "failed"]);
  });
});
