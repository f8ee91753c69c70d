import { expect } from "chai";

import type { JsonObject } from "../../src/domain/json.ts";
import { routes } from "../../src/http/routes/routes.ts";
import { RestGateway, toolDefinition } from "../support/rest-gateway.ts";

interface Operation {
  readonly operationId: string;
  readonly security?: readonly unknown[];
  readonly parameters?: readonly {
    readonly name: string;
    readonly in: string;
    readonly required?: boolean;
  }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, unknown>> };
  readonly responses: Readonly<Record<string, { readonly content?: Readonly<Record<string, unknown>> }>>;
}

describe("the OpenAPI document", () => {
  let gateway: RestGateway;
  let document: JsonObject;
  let paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;

  before(async () => {
    gateway = await RestGateway.start();
    document = (await gateway.ask("GET", "/api/openapi.json", { as: "nobody" })).body;
    paths = document["paths"] as unknown as typeof paths;
  });
  after(() => gateway.close());

  it("is OpenAPI 3.1 with the version that runs", () => {
    expect(document["openapi"]).to.equal("3.1.0");
    expect(document).to.nested.include({ "info.title": "Switchgear", "info.version": "0.0.0-test" });
  });

  it("has every route of the table, and no other", () => {
    const documented = Object.entries(paths).flatMap(([path, operations]) =>
      Object.keys(operations).map((method) => `${method.toUpperCase()} ${path}`),
    );
    const table = routes({} as Parameters<typeof routes>[0]).flatMap((route) =>
      [route.path, ...(route.aliases ?? [])].map((path) => `${route.method} ${path}`),
    );

    expect(documented).to.have.members(table);
  });

  it("has an operationId of its own for every operation", () => {
    const ids = Object.values(paths).flatMap((operations) =>
      Object.values(operations).map((o) => o.operationId),
    );

    expect(new Set(ids).size).to.equal(ids.length);
    for (const id of ids) expect(id).to.match(/^[a-z_0-9]+$/i);
  });

  it("names every parameter of every path", () => {
    for (const [path, operations] of Object.entries(paths)) {
      const wanted = [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]);
      for (const { parameters = [] } of Object.values(operations)) {
        const given = parameters.filter((parameter) => parameter.in === "path");
        expect(
          given.map(({ name }) => name),
          path,
        ).to.have.members(wanted);
        expect(given.every(({ required }) => required === true)).to.equal(true);
      }
    }
  });

  it("describes problems as the answer to everything that fails", () => {
    for (const operations of Object.values(paths)) {
      for (const { responses } of Object.values(operations))
        expect(responses["default"]?.content).to.have.keys("application/problem+json");
    }
  });

  it("says which routes need no key", () => {
    expect(paths["/health/live"]?.["get"]?.security).to.deep.equal([]);
    expect(paths["/api/v1/servers"]?.["get"]?.security).to.equal(undefined);
    expect(document["security"]).to.deep.equal([{ bearer: [] }, { apiKey: [] }]);
  });

  it("describes bodies and queries from the schemas that check them", () => {
    expect(paths["/api/v1/servers"]?.["post"]?.requestBody?.content).to.have.keys("application/json");
    expect(paths["/api/v1/servers/{server}"]?.["patch"]?.requestBody?.content).to.have.keys(
      "application/json",
      "application/merge-patch+json",
    );
    const query = paths["/api/v1/tools/search"]?.["get"]?.parameters?.map(({ name }) => name);
    expect(query).to.include.members(["q", "search_type", "max_results", "similarity_threshold", "strict"]);
  });

  it("leaves no reference without its target", () => {
    const text = JSON.stringify(document);
    const names = [...text.matchAll(/"#\/components\/schemas\/([^"]+)"/g)].map((match) => match[1] ?? "");

    expect(names.length).to.be.greaterThan(10);
    for (const name of names) expect(document).to.nested.property(`components.schemas.${name}`);
  });

  it("tells the truth: real answers fit the schemas of their rows", async () => {
    await gateway.add("weather", {
      tools: [toolDefinition("forecast", { title: "Forecast", annotations: { readOnlyHint: true } })],
      resources: [{ uri: "a://b", name: "b" }],
      prompts: [{ name: "think" }],
    });
    await gateway.ask("POST", "/api/v1/tools", {
      body: { name: "ping", description: "Pings", endpoint: "http://localhost:1" },
    });
    const samples: Readonly<Record<string, unknown>> = {
      "POST /api/v1/servers": { name: "other", url: "http://other.example.com" },
      "PATCH /api/v1/servers/{server}": { description: "Weather" },
      "POST /api/v1/tools": { name: "pong", description: "Pongs", endpoint: "http://localhost:1" },
      "PUT /api/v1/tools/{tool}": { name: "ping", description: "Pings", endpoint: "http://localhost:1" },
      "POST /api/v1/tools/search": { q: "forecast" },
      "POST /api/v1/servers/{server}/breaker": { action: "reset" },
      "POST /api/v1/auth/api-keys": { name: "ci" },
    };
    const table = routes({} as Parameters<typeof routes>[0]).filter(
      (route) => route.method !== "DELETE" && route.type === undefined && !route.path.startsWith("/api/docs"),
    );

    for (const route of table) {
      const name = `${route.method} ${route.path}`;
      const tool = name.startsWith("PUT") ? "ping" : "weather__forecast";
      const query = /^GET .*\/(?:search|suggest)$/.test(name) ? "?q=forecast" : "";
      const path =
        route.path.replace("{server}", "weather").replace("{tool}", tool).replace("{requestId}", "sample") +
        query;
      const sent = route.body === undefined ? {} : { body: samples[name] ?? {} };
      // Of the call that the log is asked for.
      const headers = { "x-request-id": "sample" };
      const { status, body } = await gateway.ask(route.method, path, { ...sent, headers });

      expect(status, name).to.equal(route.status);
      const checked = route.answer?.safeParse(body);
      expect(checked?.error?.message, name).to.equal(undefined);
    }
  });
});
