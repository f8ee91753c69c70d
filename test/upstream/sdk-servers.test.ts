import { expect } from "chai";

import { until } from "../wire/raw-server.ts";
import { NEVER, toolCall } from "./mcp-upstream.ts";
import { PoolBench } from "./pool-bench.ts";
import { type SdkUpstream, startSse, startV1, startV2 } from "./sdk-upstreams.ts";

const UPSTREAMS: readonly {
  name: string;
  start: () => Promise<SdkUpstream>;
  eras: Readonly<Record<"2025" | "2026", string>>;
}[] = [
  {
    name: "SDK v2 of both eras",
    start: () => startV2("stateless"),
    eras: { "2025": "2025", "2026": "2026" },
  },
  {
    name: "SDK v2 of the 2026 era only",
    start: () => startV2("reject"),
    eras: { "2025": "2026", "2026": "2026" },
  },
  { name: "SDK v1 with sessions", start: startV1, eras: { "2025": "2025", "2026": "2025" } },
  { name: "SDK v1 over HTTP+SSE", start: startSse, eras: { "2025": "2025", "2026": "2025" } },
];

for (const { name, start, eras } of UPSTREAMS) {
  describe(`a server of ${name}`, function () {
    this.timeout(10_000);
    let upstream: SdkUpstream;
    let bench: PoolBench;

    before(async () => {
      upstream = await start();
    });
    after(() => upstream.close());
    beforeEach(() => {
      bench = new PoolBench().define("sdk", { type: upstream.type, url: upstream.url });
    });
    afterEach(() => bench.close());

    it("is explored: tools, prompts, resources, instructions", async () => {
      const offering = await bench.pool.explore("sdk", NEVER());

      expect(offering.tools.map((tool) => tool["name"])).to.have.members(["add", "count"]);
      expect(offering.prompts.map((prompt) => prompt["name"])).to.deep.equal(["greet"]);
      expect(offering.resources.map((resource) => resource["uri"])).to.deep.equal(["note://one"]);
      expect(offering).to.deep.include({
        instructions: "From the SDK.",
        quarantined: [],
        eras: [eras["2026"]],
      });
      expect(offering.serverInfo["name"]).to.match(/^v[12]$/);
    });

    for (const era of ["2025", "2026"] as const) {
      it(`answers a caller of ${era} in ${eras[era]}: tools, prompts, resources`, async () => {
        const options = { era, scope: `${era}-caller` };

        const sum = await bench.pool.call(
          "sdk",
          toolCall("add", { ...options, params: { name: "add", arguments: { a: 2, b: 3 } } }),
        );
        const prompt = await bench.pool.call(
          "sdk",
          toolCall("", { ...options, method: "prompts/get", params: { name: "greet" } }),
        );
        const note = await bench.pool.call(
          "sdk",
          toolCall("", { ...options, method: "resources/read", params: { uri: "note://one" } }),
        );

        expect(sum.era).to.equal(eras[era]);
        expect(sum.value["content"]).to.deep.equal([{ type: "text", text: "5" }]);
        expect(prompt.value["messages"]).to.have.length(1);
        expect(note.value["contents"]).to.deep.equal([{ uri: "note://one", text: "a note" }]);
      });

      it(`tells a caller of ${era} all progress before the answer`, async () => {
        const progress: unknown[] = [];

        const reply = await bench.pool.call(
          "sdk",
          toolCall("count", { era, onProgress: (params) => progress.push(params["progress"]) }),
        );

        expect(reply.value["content"]).to.deep.equal([{ type: "text", text: "counted" }]);
        expect(progress).to.deep.equal([1, 2, 3]);
      });

      it(`answers a caller of ${era} with an error for what it does not have`, async () => {
        const reply = await bench.pool.call(
          "sdk",
          toolCall("", { era, method: "prompts/get", params: { name: "nothing" } }),
        );

        expect(reply.kind).to.equal("error");
        expect(reply.value["code"]).to.be.a("number");
      });
    }

    it("serves many callers at once", async () => {
      const sums = await Promise.all(
        Array.from({ length: 40 }, async (_, n) => {
          const params = { name: "add", arguments: { a: n, b: 1 } };
          const reply = await bench.pool.call("sdk", toolCall("add", { scope: `caller-${n % 4}`, params }));
          return reply.value["content"];
        }),
      );

      expect(sums).to.deep.equal(
        Array.from({ length: 40 }, (_, n) => [{ type: "text", text: String(n + 1) }]),
      );
    });

    it("is heard when its tools change", async () => {
      await bench.pool.explore("sdk", NEVER());

      await until(() => {
        upstream.changeTools?.();
        return bench.listChanges.length > 0;
      });

      expect(bench.listChanges[0]).to.deep.equal(["sdk", "tools"]);
    });
  });
}

describe("a server of SDK v1 that was restarted", function () {
  this.timeout(10_000);

  it("is called on in a new session, and no caller notices", async () => {
    const first = await startV1();
    const { port } = new URL(first.url);
    const bench = new PoolBench().define("sdk", { type: "http", url: first.url });
    const call = () =>
      bench.pool.call("sdk", toolCall("add", { params: { name: "add", arguments: { a: 1, b: 1 } } }));
    await call();
    await first.close();
    const again = await startV1(Number(port));
    await new Promise((resolve) => setTimeout(resolve, 20));

    const reply = await call();

    expect(reply.value["content"]).to.deep.equal([{ type: "text", text: "2" }]);
    await bench.close();
    await again.close();
  });
});
