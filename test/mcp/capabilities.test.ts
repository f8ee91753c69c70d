import { expect } from "chai";

import type { JsonObject } from "../../src/domain/json.ts";
import { mergedCapabilities, ownCapabilities } from "../../src/mcp/capabilities.ts";
import { proves } from "../support/proves.ts";

const TASKS = { list: {}, cancel: {}, requests: { tools: { call: {} } } };
const withExtensions = (extensions: JsonObject): JsonObject => ({ extensions });
const ui = (...mimeTypes: string[]): JsonObject => ({ "io.modelcontextprotocol/ui": { mimeTypes } });
const modernTasks: JsonObject = { "io.modelcontextprotocol/tasks": {} };

describe("capabilities where all servers speak", () => {
  it("hold all that a server may have some day, even while there is none", () => {
    for (const era of ["2025", "2026"] as const)
      expect(mergedCapabilities([], era)).to.deep.equal({
        tools: { listChanged: true },
        resources: { subscribe: true, listChanged: true },
        prompts: { listChanged: true },
        completions: {},
        logging: {},
      });
  });

  it("hold the tasks of 2025-11-25 when one server has them, without a list of everybody's", () => {
    const capabilities = mergedCapabilities([{ tools: {} }, { tasks: TASKS }], "2025");

    expect(capabilities["tasks"]).to.deep.equal({ requests: { tools: { call: {} } }, cancel: {} });
  });

  it("promise to cancel tasks only if a server does", () => {
    const { cancel: _, ...rest } = TASKS;

    expect(mergedCapabilities([{ tasks: rest }], "2025")["tasks"]).to.deep.equal({
      requests: { tools: { call: {} } },
    });
  });

  it("hold no tasks when no server takes them for tools", () => {
    for (const tasks of [{}, { requests: {} }, { requests: { tools: null } }, "yes"])
      expect(mergedCapabilities([{ tasks }], "2025")).to.not.have.property("tasks");
  });

  it("hold tasks as an extension in the 2026 era, and never in the old place", () => {
    const modern = withExtensions(modernTasks);

    expect(mergedCapabilities([{ tasks: TASKS }, modern], "2026")).to.not.have.property("tasks");
    expect(mergedCapabilities([modern], "2026")["extensions"]).to.deep.equal(modernTasks);
    expect(mergedCapabilities([modern], "2025")).to.not.have.property("extensions");
  });

  it("hold the pages of all servers' apps, in both eras", () => {
    const servers = [
      ui("text/html;profile=mcp-app"),
      ui("text/html", "text/html;profile=mcp-app"),
      modernTasks,
    ];

    for (const era of ["2025", "2026"] as const) {
      const { extensions } = mergedCapabilities(servers.map(withExtensions), era);

      expect((extensions as JsonObject)["io.modelcontextprotocol/ui"]).to.deep.equal({
        mimeTypes: ["text/html;profile=mcp-app", "text/html"],
      });
    }
  });

  it("promise no extension whose methods the gateway does not know", () => {
    const skills = withExtensions({ "io.modelcontextprotocol/skills": {}, "com.example/own": {} });

    expect(mergedCapabilities([skills], "2026")).to.not.have.property("extensions");
    expect(ownCapabilities({ ...skills, tools: {} }, "2026")).to.deep.equal({ tools: { listChanged: true } });
  });

  it("survive malformed extensions", () => {
    for (const extensions of [null, [], "x", { "io.modelcontextprotocol/ui": "yes" }])
      expect(mergedCapabilities([{ extensions }], "2026")).to.not.have.property("extensions");
  });
});

describe("capabilities of a server's own endpoint", () => {
  it("are those of the server", () => {
    proves("capabilities.shown");
    const server = { tools: {}, prompts: { listChanged: false }, logging: {}, completions: {} };

    expect(ownCapabilities(server, "2025")).to.deep.equal({
      tools: { listChanged: true },
      prompts: { listChanged: true },
      completions: {},
      logging: {},
    });
    expect(ownCapabilities({}, "2025")).to.deep.equal({});
  });

  it("take subscriptions only if the server does", () => {
    expect(ownCapabilities({ resources: { subscribe: true } }, "2026")["resources"]).to.deep.equal({
      subscribe: true,
      listChanged: true,
    });
    for (const resources of [{}, { subscribe: false }, { subscribe: "yes" }])
      expect(ownCapabilities({ resources }, "2026")["resources"]).to.deep.equal({ listChanged: true });
  });

  it("show its tasks in the era in which it has them", () => {
    const server = { tasks: TASKS, ...withExtensions(modernTasks) };

    expect(ownCapabilities(server, "2025")).to.have.all.keys("tasks");
    expect(ownCapabilities(server, "2026")).to.have.all.keys("extensions");
  });

  it("show its apps verbatim", () => {
    const app = { "io.modelcontextprotocol/ui": { mimeTypes: ["text/html"], own: { kept: true } } };

    expect(ownCapabilities(withExtensions(app), "2025")["extensions"]).to.deep.equal(app);
  });
});
