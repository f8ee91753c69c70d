import { expect } from "chai";

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
