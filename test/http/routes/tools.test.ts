import { expect } from "chai";

import { RestGateway, toolDefinition } from "../../support/rest-gateway.ts";

describe("REST: tools", () => {
  let gateway: RestGateway;

  beforeEach(async () => {
    gateway = await RestGateway.start();
  });
  afterEach(() => gateway.close());

  it("lists the tools of all servers in pages", async () => {
    await gateway.add("a", { tools: [toolDefinition("one"), toolDefinition("two")] });
    await gateway.add("b", { tools: [toolDefinition("one")] });

    const first = await gateway.ask("GET", "/api/v1/tools?limit=2");
    const second = await gateway.ask(
      "GET",
      `/api/v1/tools?limit=2&cursor=${String(first.body["next_cursor"])}`,
    );

    const ids = ({ body }: typeof first) => (body["items"] as { id: string }[]).map(({ id }) => id);
    expect([ids(first), ids(second)]).to.deep.equal([["a__one", "a__two"], ["b__one"]]);
  });

  it("filters by server and by text", async () => {
    await gateway.add("a", { tools: [toolDefinition("one"), toolDefinition("two")] });
    await gateway.add("b", { tools: [toolDefinition("one")] });

    const ofServer = await gateway.ask("GET", "/api/v1/tools?server=b");
    const byText = await gateway.ask("GET", "/api/v1/tools?q=TWO");
    const ofNobody = await gateway.ask("GET", "/api/v1/tools?server=c");

    expect(ofServer.body["items"]).to.have.length(1);
    expect(byText.body).to.nested.include({ "items[0].id": "a__two" });
    expect(ofNobody.body["items"]).to.have.length(0);
  });

  it("shows one tool with schemas and hints, by id and by a name that only one server uses", async () => {
    const definition = toolDefinition("forecast", {
      title: "Weather forecast",
      inputSchema: { type: "object", properties: { city: { type: "string" } } },
      outputSchema: { type: "object" },
      annotations: { readOnlyHint: true },
      "x-unknown": { kept: true },
    });
    await gateway.add("weather", { tools: [definition] });

    const byId = await gateway.ask("GET", "/api/v1/tools/weather__forecast");
    const byName = await gateway.ask("GET", "/api/v1/tools/forecast");

    expect(byId.body).to.deep.equal(byName.body);
    expect(byId.body).to.nested.include({
      id: "weather__forecast",
      title: "Weather forecast",
      read_only: true,
      destructive: false,
      available: true,
      "input_schema.properties.city.type": "string",
      "output_schema.type": "object",
      "definition.x-unknown.kept": true,
    });
    expect(byId.body["registration"]).to.equal(undefined);
  });

  it("answers 404 for a tool that does not exist, and for a name that two servers use", async () => {
    await gateway.add("a", { tools: [toolDefinition("one")] });
    await gateway.add("b", { tools: [toolDefinition("one")] });

    const missing = await gateway.ask("GET", "/api/v1/tools/nothing");
    const ambiguous = await gateway.ask("GET", "/api/v1/tools/one");

    expect([missing.status, ambiguous.status]).to.deep.equal([404, 404]);
    expect(missing.body).to.nested.include({ code: "tool_not_found", "fix[0].label": "Search the tools" });
  });

  it("keeps the tools of a server that is down, marked as not available", async () => {
    await gateway.add("weather", { tools: [toolDefinition("forecast")] });
    gateway.upstreams.delete("weather");
    await gateway.ask("POST", "/api/v1/servers/weather/test");

    const { body } = await gateway.ask("GET", "/api/v1/tools/forecast");

    expect(body).to.include({ id: "weather__forecast", available: false });
  });

  it("is also found under its older name", async () => {
    await gateway.add("a", { tools: [toolDefinition("one")] });

    const list = await gateway.ask("GET", "/api/v1/mcps");
    const one = await gateway.ask("GET", "/api/v1/mcps/a__one");

    expect(list.body["items"]).to.have.length(1);
    expect(one.body).to.include({ id: "a__one" });
  });

  for (const query of [
    "limit=0",
    "limit=201",
    "limit=ten",
    "sort=colour",
    "cursor=abc",
    "colour=red",
    "limit=1&limit=2",
  ]) {
    it(`answers 400 for ?${query}`, async () => {
      const { status, body } = await gateway.ask("GET", `/api/v1/tools?${query}`);

      expect(status).to.equal(400);
      expect(body).to.include({ code: "invalid_request" });
    });
  }
});
