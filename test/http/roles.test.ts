import { expect } from "chai";

import { ACTIONS } from "../../src/auth/auth.ts";
import { ROLES } from "../../src/domain/identity.ts";
import { routes } from "../../src/http/routes/routes.ts";
import { RestGateway, toolDefinition } from "../support/rest-gateway.ts";

/** Who may, at least. A new route has no place here until somebody decides. */
const LEAST_ROLE: Readonly<Record<string, (typeof ROLES)[number] | "nobody">> = {
  "GET /api/v1/servers": "viewer",
  "POST /api/v1/servers": "operator",
  "GET /api/v1/servers/{server}": "viewer",
  "PATCH /api/v1/servers/{server}": "operator",
  "DELETE /api/v1/servers/{server}": "operator",
  "POST /api/v1/servers/{server}/test": "operator",
  "POST /api/v1/servers/{server}/refresh": "operator",
  "POST /api/v1/servers/{server}/restart": "operator",
  "GET /api/v1/servers/{server}/breaker": "viewer",
  "POST /api/v1/servers/{server}/breaker": "operator",
  "GET /api/v1/breakers": "viewer",
  "GET /api/v1/servers/{server}/health": "viewer",
  "GET /api/v1/servers/{server}/tools": "viewer",
  "GET /api/v1/tools": "viewer",
  "POST /api/v1/tools": "operator",
  "GET /api/v1/tools/{tool}": "viewer",
  "PUT /api/v1/tools/{tool}": "operator",
  "DELETE /api/v1/tools/{tool}": "operator",
  "POST /api/v1/tools/{tool}/execute": "user",
  "GET /api/v1/calls": "viewer",
  "GET /api/v1/calls/{requestId}": "viewer",
  "GET /api/v1/tools/{tool}/explain": "viewer",
  "GET /api/v1/mcps/{tool}/explain": "viewer",
  "GET /api/v1/tools/search": "viewer",
  "POST /api/v1/tools/search": "viewer",
  "GET /api/v1/tools/suggest": "viewer",
  "GET /api/v1/mcps": "viewer",
  "POST /api/v1/mcps": "operator",
  "GET /api/v1/mcps/{tool}": "viewer",
  "PUT /api/v1/mcps/{tool}": "operator",
  "DELETE /api/v1/mcps/{tool}": "operator",
  "POST /api/v1/mcps/{tool}/execute": "user",
  "GET /api/v1/mcps/search": "viewer",
  "POST /api/v1/mcps/search": "viewer",
  "GET /api/v1/resources": "user",
  "GET /api/v1/prompts": "user",
  "GET /api/v1/profiles": "viewer",
  "GET /api/v1/cache": "viewer",
  "DELETE /api/v1/cache": "operator",
  "GET /api/v1/auth/me": "viewer",
  "GET /api/v1/auth/api-keys": "admin",
  "POST /api/v1/auth/api-keys": "admin",
  "DELETE /api/v1/auth/api-keys/{key}": "admin",
  "GET /health": "viewer",
  "GET /api/v1/health": "viewer",
  "GET /health/detailed": "viewer",
  "GET /api/v1/health/detailed": "viewer",
  "GET /api/v1/health/all": "viewer",
  "GET /health/live": "nobody",
  "GET /api/v1/health/live": "nobody",
  "GET /livez": "nobody",
  "GET /healthz": "nobody",
  "GET /health/ready": "nobody",
  "GET /api/v1/health/ready": "nobody",
  "GET /readyz": "nobody",
  "GET /version": "nobody",
  "GET /api/v1/version": "nobody",
  "GET /api/v1/status": "viewer",
  "GET /metrics": "viewer",
  "GET /api/v1/metrics": "viewer",
  "GET /api/openapi.json": "nobody",
  "GET /api/docs": "nobody",
  "GET /api/docs/start.js": "nobody",
  "GET /api/docs/standalone.js": "nobody",
  "GET /api/v1/docs": "nobody",
};

const CALLERS = ["nobody", ...ROLES] as const;

describe("the route table", () => {
  let gateway: RestGateway;

  before(async () => {
    gateway = await RestGateway.start();
    await gateway.add("weather", { tools: [toolDefinition("forecast")] });
  });
  after(() => gateway.close());

  const table = () => routes({} as Parameters<typeof routes>[0]);
  const rows = () =>
    table().flatMap((route) =>
      [route.path, ...(route.aliases ?? [])].map((path) => ({ method: route.method, path, route })),
    );

  it("has exactly the routes that somebody decided on", () => {
    const all = rows().map(({ method, path }) => `${method} ${path}`);

    expect(all).to.have.members(Object.keys(LEAST_ROLE));
    expect(new Set(all).size).to.equal(all.length);
  });

  it("has a known action, a summary and a tag in every row", () => {
    for (const route of table()) {
      expect(["signed-in", "public", ...ACTIONS], route.path).to.include(route.action);
      expect(route.summary, route.path).to.not.equal("");
      expect(route.tag, route.path).to.not.equal("");
    }
  });

  it("says what it answers in every row but those without content", () => {
    const silent = table().filter(({ answer }) => answer === undefined);

    expect(silent.map(({ status }) => status)).to.satisfy((all: number[]) =>
      all.every((status) => status === 204),
    );
  });

  for (const [name, least] of Object.entries(LEAST_ROLE)) {
    it(`lets ${least} and above use ${name}, and nobody else`, async () => {
      const [method = "", path = ""] = name.split(" ");
      const target = path
        .replace("{server}", "nothing")
        .replace("{tool}", "nothing")
        .replace("{key}", "nothing");

      const statuses = await Promise.all(
        CALLERS.map(async (as) => {
          const response = await gateway.send(method, target, {
            as,
            ...(method === "GET" ? {} : { body: "[]" }),
          });
          await response.arrayBuffer();
          return response.status;
        }),
      );

      for (const [rank, status] of statuses.entries()) {
        const mayNot = rank < CALLERS.indexOf(least);
        const refusal = rank === 0 ? 401 : 403;
        if (mayNot) expect(status, CALLERS[rank]).to.equal(refusal);
        else expect(status, CALLERS[rank]).to.not.be.oneOf([401, 403, 405, 500]);
      }
    });
  }
});
