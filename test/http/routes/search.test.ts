import { expect } from "chai";

import { createLogger } from "../../../src/observability/logger.ts";
import { EmbedderFailure } from "../../../src/search/embedders/embedder.ts";
import { MadeEmbedder, MemoryVectors } from "../../search/made-embedder.ts";
import { until } from "../../support/child-processes.ts";
import { RestGateway, toolDefinition } from "../../support/rest-gateway.ts";

describe("REST: /api/v1/tools/search", () => {
  let gateway: RestGateway;

  beforeEach(async () => {
    gateway = await RestGateway.start();
    await gateway.add("weather", {
      tools: [
        toolDefinition("get_forecast", {
          description: "Weather forecast of a city",
          annotations: { readOnlyHint: true },
        }),
        toolDefinition("delete_station", { description: "Remove a weather station" }),
      ],
    });
    await gateway.add("mail", { tools: [toolDefinition("send_mail", { description: "Send an e-mail" })] });
  });
  afterEach(() => gateway.close());

  const ids = (body: Readonly<Record<string, unknown>>) =>
    (body["items"] as { tool: { id: string } }[]).map(({ tool }) => tool.id);

  it("finds tools by what they do, best first", async () => {
    const { status, body } = await gateway.ask("GET", "/api/v1/tools/search?q=weather+forecast", {
      as: "viewer",
    });

    expect(status).to.equal(200);
    expect(ids(body)[0]).to.equal("weather__get_forecast");
    expect(body).to.nested.include({ "items[0].score": 1, "items[0].scores.semantic": null });
    expect(body).to.nested.property("items[0].confidence").that.is.within(0, 1);
    expect(body).to.nested.property("items[0].matched").that.is.an("array");
  });

  it("answers the same over POST", async () => {
    const got = await gateway.ask("GET", "/api/v1/tools/search?q=weather&max_results=1");
    const posted = await gateway.ask("POST", "/api/v1/tools/search", {
      body: { q: "weather", max_results: 1 },
    });

    expect(posted.body["items"]).to.deep.equal(got.body["items"]);
    expect(posted.body["items"]).to.have.length(1);
  });

  it("says that a hybrid search was a keyword search, and why", async () => {
    const { body } = await gateway.ask(
      "GET",
      "/api/v1/tools/search?q=mail&search_type=hybrid&max_results=10&similarity_threshold=0.7",
    );

    expect(ids(body)).to.include("mail__send_mail");
    expect(body["search"]).to.include({
      requested_type: "hybrid",
      effective_type: "keyword",
      degraded: true,
    });
    expect(body).to.nested.property("search.reason").that.includes("embedding model");
  });

  it("does not call a keyword search degraded", async () => {
    const { body } = await gateway.ask("GET", "/api/v1/tools/search?q=mail&search_type=keyword");

    expect(body["search"]).to.include({ degraded: false, reason: null, embedded: 0 });
  });

  it("answers 503 instead of a lesser search with strict", async () => {
    const semantic = await gateway.ask("GET", "/api/v1/tools/search?q=mail&search_type=semantic&strict=true");
    const keyword = await gateway.ask("GET", "/api/v1/tools/search?q=mail&search_type=keyword&strict=true");

    expect(semantic.status).to.equal(503);
    expect(semantic.body).to.include({ code: "search_unavailable" });
    expect(keyword.status).to.equal(200);
  });

  it("filters by server and by risk", async () => {
    const ofMail = await gateway.ask("GET", "/api/v1/tools/search?q=weather&server=mail");
    const safe = await gateway.ask("GET", "/api/v1/tools/search?q=weather&risk=read");

    expect(ids(ofMail.body)).to.not.include("weather__get_forecast");
    expect(ids(safe.body)).to.deep.equal(["weather__get_forecast"]);
  });

  it("leaves out tools of servers that are down when asked to", async () => {
    gateway.upstreams.delete("weather");
    await gateway.ask("POST", "/api/v1/servers/weather/test");

    const all = await gateway.ask("GET", "/api/v1/tools/search?q=weather");
    const available = await gateway.ask("GET", "/api/v1/tools/search?q=weather&include_unavailable=false");

    expect(all.body).to.nested.include({ "items[0].tool.available": false });
    expect(ids(available.body)).to.deep.equal([]);
  });

  it("keeps only hits above the threshold, which is relative to the best", async () => {
    const { body } = await gateway.ask(
      "GET",
      "/api/v1/tools/search?q=weather+forecast&similarity_threshold=1",
    );

    expect(ids(body)).to.deep.equal(["weather__get_forecast"]);
  });

  it("finds nothing without pretending", async () => {
    const { status, body } = await gateway.ask("GET", "/api/v1/tools/search?q=xyzzyplugh");

    expect(status).to.equal(200);
    expect(body["items"]).to.deep.equal([]);
  });

  for (const query of [
    "",
    "q=",
    "q=a&max_results=51",
    "q=a&search_type=magic",
    "q=a&similarity_threshold=2",
    "q=a&strict=yes",
    "q=a&k=1",
  ]) {
    it(`answers 400 for ?${query}`, async () => {
      const { status, body } = await gateway.ask("GET", `/api/v1/tools/search?${query}`);

      expect(status).to.equal(400);
      expect(body).to.include({ code: "invalid_request" });
    });
  }
});

describe("REST: /api/v1/tools/search with a model", () => {
  let gateway: RestGateway;
  let embedder: MadeEmbedder;

  beforeEach(async () => {
    embedder = new MadeEmbedder();
    const logger = createLogger({ level: "silent", write: () => {} });
    const semantics = { embedder, vectors: new MemoryVectors(), logger, share: 0.3, budgetMs: 1_000 };
    gateway = await RestGateway.start({}, {}, {}, semantics);
    await gateway.add("meteo", { tools: [toolDefinition("forecast", { description: "Rain in a town" })] });
    await gateway.add("office", {
      tools: [
        toolDefinition("remove_letter", { description: "Away with it" }),
        toolDefinition("read_letter"),
      ],
    });
    await until("all tools are embedded", () => gateway.search.semantics.embedded === 3);
  });
  afterEach(() => gateway.close());

  const ids = (body: Readonly<Record<string, unknown>>) =>
    (body["items"] as { tool: { id: string } }[]).map(({ tool }) => tool.id);
  const ask = async (query: string) => (await gateway.ask("GET", `/api/v1/tools/search?${query}`)).body;

  it("finds by meaning", async () => {
    const body = await ask("q=sky&search_type=semantic&strict=true");

    expect(ids(body)).to.deep.equal(["meteo__forecast"]);
    expect(body).to.nested.include({ "items[0].scores.semantic": 1, "items[0].scores.keyword": 0 });
    expect(body["search"]).to.deep.include({
      requested_type: "semantic",
      effective_type: "semantic",
      degraded: false,
      reason: null,
      matches: 1,
      embedded: 3,
      total: 3,
    });
  });

  it("is hybrid unless told otherwise, over GET and POST alike", async () => {
    const got = await gateway.ask("GET", "/api/v1/tools/search?q=erase+mail");
    const posted = await gateway.ask("POST", "/api/v1/tools/search", { body: { q: "erase mail" } });

    expect(got.body).to.nested.include({ "search.effective_type": "hybrid" });
    expect(ids(got.body)[0]).to.equal("office__remove_letter");
    expect(posted.body["items"]).to.deep.equal(got.body["items"]);
  });

  it("explains each leg's part, raw and normalised", async () => {
    const body = await ask("q=read+mail&explain=true");

    expect(body).to.nested.include({
      "items[0].tool.id": "office__read_letter",
      "items[0].explain.exact": false,
      "items[0].explain.keyword.normalised": 1,
      "items[0].explain.keyword.weight": 0.7,
      "items[0].explain.semantic.normalised": 1,
      "items[0].explain.semantic.weight": 0.3,
    });
    expect(body).to.nested.property("items[0].explain.keyword.raw").that.is.greaterThan(0);
    expect(await ask("q=read+mail")).to.not.have.nested.property("items[0].explain");
  });

  it("measures the threshold by the best hit", async () => {
    const all = await ask("q=erase+mail");
    const best = await ask("q=erase+mail&similarity_threshold=1");

    expect(ids(all).length).to.be.greaterThan(1);
    expect(ids(best)).to.deep.equal(ids(all).slice(0, 1));
  });

  it("degrades to words when the model fails, and answers 503 where that is not wanted", async () => {
    embedder.failure = new EmbedderFailure("The model at /secret/place is broken.");

    const body = await ask("q=letter&search_type=semantic");
    const strict = await gateway.ask("GET", "/api/v1/tools/search?q=letter&search_type=semantic&strict=true");

    expect(ids(body)).to.have.members(["office__remove_letter", "office__read_letter"]);
    expect(body["search"]).to.deep.include({ effective_type: "keyword", degraded: true });
    expect(JSON.stringify(body)).to.not.contain("secret");
    expect(strict.status).to.equal(503);
    expect(strict.body).to.include({ code: "search_unavailable" });
  });

  it("tells the status of the model and how many tools are embedded", async () => {
    const { body } = await gateway.ask("GET", "/api/v1/status");

    expect(body["search"]).to.deep.equal({ tools: 3, embedded: 3, semantic: "ready", reason: null });
  });
});

describe("REST: /api/v1/tools/suggest", () => {
  let gateway: RestGateway;

  beforeEach(async () => {
    gateway = await RestGateway.start();
    await gateway.add("weather", { tools: [toolDefinition("get_forecast"), toolDefinition("get_station")] });
    await gateway.add("mail", { tools: [toolDefinition("get_mail")] });
  });
  afterEach(() => gateway.close());

  const suggest = (query: string) => gateway.ask("GET", `/api/v1/tools/suggest?${query}`, { as: "viewer" });

  it("completes what is being typed", async () => {
    const { status, body } = await suggest("q=get_fo");

    expect(status).to.equal(200);
    const [id, name, server] = ["weather__get_forecast", "get_forecast", "weather"];
    expect(body).to.deep.equal({ items: [{ id, name, server, description: "Does get_forecast" }] });
  });

  it("keeps to the number that is asked for", async () => {
    expect((await suggest("q=get")).body["items"]).to.have.length(3);
    expect((await suggest("q=get&limit=2")).body["items"]).to.have.length(2);
  });

  it("leaves out tools of servers that are down when asked to", async () => {
    gateway.upstreams.delete("weather");
    await gateway.ask("POST", "/api/v1/servers/weather/test");

    const { body } = await suggest("q=get&include_unavailable=false");

    expect(body).to.nested.include({ "items[0].id": "mail__get_mail" });
    expect(body["items"]).to.have.length(1);
  });

  it("says in the status that there is no model", async () => {
    const { body } = await gateway.ask("GET", "/api/v1/status");

    expect(body["search"]).to.deep.equal({ tools: 3, embedded: 0, semantic: "off", reason: null });
  });

  it("wants a key, and a text of 1 to 200 characters", async () => {
    const stranger = await gateway.ask("GET", "/api/v1/tools/suggest?q=a", { as: "nobody" });
    expect(stranger.status).to.equal(401);
    for (const query of ["", "q=", `q=${"a".repeat(201)}`, "q=a&limit=21", "q=a&x=1"]) {
      expect((await suggest(query)).status, query).to.equal(400);
    }
  });
});
