import { expect } from "chai";
import * as fc from "fast-check";

import { routes } from "../../src/http/routes/routes.ts";
import { RestGateway, toolDefinition } from "../support/rest-gateway.ts";

describe("every route, with whatever anybody may send", () => {
  let gateway: RestGateway;

  before(async () => {
    gateway = await RestGateway.start();
    await gateway.add("weather", { tools: [toolDefinition("forecast")] });
  });
  after(() => gateway.close());

  const segment = fc.oneof(fc.string(), fc.constantFrom("weather", "forecast", "..", "%00", "__proto__"));
  const field = fc.constantFrom(
    "name",
    "url",
    "command",
    "q",
    "arguments",
    "schema",
    "gateway",
    "limit",
    "role",
  );
  const body = fc.oneof(
    fc.json(),
    fc.string(),
    fc.dictionary(field, fc.jsonValue()).map((object) => JSON.stringify(object)),
  );
  const query = fc.dictionary(fc.oneof(field, fc.string()), fc.string());
  const rows = routes({} as Parameters<typeof routes>[0]).filter(({ path }) => path !== "/health/ready");

  for (const route of rows) {
    it(`keeps its form: ${route.method} ${route.path}`, async function () {
      this.timeout(20_000);
      await fc.assert(
        fc.asyncProperty(segment, query, body, async (name, parameters, sent) => {
          const path = route.path.replace(/\{\w+\}/, encodeURIComponent(name) || "x");
          const search = new URLSearchParams(parameters).toString();

          const options = route.method === "GET" ? {} : { body: sent };
          const response = await gateway.send(route.method, `${path}?${search}`, options);

          const text = await response.text();
          expect(response.status, text).to.be.lessThan(500);
          if (response.status >= 400)
            expect(response.headers.get("content-type")).to.equal("application/problem+json");
        }),
        { numRuns: 15 },
      );
    });
  }
});
