import { expect } from "chai";

import { EmbedderFailure } from "../../src/search/embedders/embedder.ts";
import { ToolSearch, type TypedAnswer } from "../../src/search/search.ts";
import { until } from "../support/child-processes.ts";
import { withResolvers } from "../support/manual-clock.ts";
import { FORECAST, HybridSearch, REMOVE, found } from "./hybrid-search.ts";

describe("ToolSearch when its model does not serve", () => {
  let hybrid: HybridSearch;

  beforeEach(() => {
    hybrid = new HybridSearch();
  });
  afterEach(() => hybrid.close());

  const words = async (answer: TypedAnswer, text: string) =>
    expect(answer.items).to.deep.equal(hybrid.search.find({ text, limit: 10 }).items);

  it("goes by words before the model is loaded", async () => {
    const answer = await hybrid.ask("document", "hybrid");

    expect(answer.effectiveType).to.equal("keyword");
    expect(answer.reason).to.contain("still being loaded");
    await words(answer, "document");
  });

  it("goes by words while it cannot be loaded, and says more to the operator than to the caller", async () => {
    hybrid.embedder.failure = new EmbedderFailure("There is no model.safetensors in /secret/place.");
    hybrid.search.start();
    await until("the failure is known", () => hybrid.search.semantics.state === "failed");

    const answer = await hybrid.ask("document", "semantic");

    expect(answer.reason).to.contain("cannot be used just now").and.not.contain("secret");
    expect(hybrid.search.semantics.reason).to.contain("/secret/place");
    expect(hybrid.logged.join("")).to.contain("tools are not being embedded");
    await words(answer, "document");
  });

  it("goes by words when the model fails over a query", async () => {
    await hybrid.filled();
    hybrid.embedder.failure = new EmbedderFailure("crashed");

    const answer = await hybrid.ask("document", "hybrid");

    expect(answer.reason).to.contain("cannot be used just now");
    await words(answer, "document");
  });

  it("waits no longer than the budget, and serves the late vector to the next one who asks", async () => {
    hybrid.search = hybrid.open({ budgetMs: 20 });
    hybrid.search.replaceServer("meteo", [FORECAST]);
    await hybrid.filled();
    const gate = withResolvers<void>();
    hybrid.embedder.gate = gate.promise;

    const late = await hybrid.ask("sky", "hybrid");
    gate.resolve();
    const next = await hybrid.ask("sky", "hybrid");

    expect(late).to.deep.include({ effectiveType: "keyword", items: [] });
    expect(late.reason).to.contain("too long");
    expect(next.effectiveType).to.equal("hybrid");
    expect(found(next)).to.deep.equal(["forecast"]);
    expect(hybrid.embedder.queries).to.deep.equal(["sky"]);
  });

  it("says so when no tool has a vector yet", async () => {
    hybrid.embedder.poison = "";
    hybrid.search.start();
    await until("the model is loaded", () => hybrid.search.semantics.state !== "loading");

    expect((await hybrid.ask("document", "hybrid")).reason).to.contain("No tool has been embedded");
  });

  it("says that there is none", async () => {
    const plain = new ToolSearch({ now: () => 0 });
    plain.replaceServer("files", [REMOVE]);

    const answer = await plain.search({ text: "document", type: "hybrid", limit: 10 });

    expect(answer.effectiveType).to.equal("keyword");
    expect(answer.reason).to.contain("No embedding model is configured");
    expect(answer).to.deep.include({ embedded: 0, visible: 1 });
    expect(plain.semantics.state).to.equal("off");
  });
});
