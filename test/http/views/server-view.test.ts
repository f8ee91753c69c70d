import { expect } from "chai";

import type { Health } from "../../../src/domain/health.ts";
import { EMPTY_OFFERING } from "../../../src/domain/offering.ts";
import { type Server, ServerEntry, ServerSettings } from "../../../src/domain/server.ts";
import {
  ServerView,
  countsOf,
  hasReference,
  maskEntry,
  serverView,
  typeOf,
} from "../../../src/http/views/server-view.ts";

const HEALTH: Health = {
  level: "healthy",
  admin_state: "enabled",
  code: "ok",
  summary: "Fine.",
  since: "2026-01-01",
};

function serverOf(entry: unknown, more: Partial<Server> = {}): Server {
  return {
    id: "srv_1",
    name: "one",
    version: 3,
    source: "api",
    egress: "public",
    entry: ServerEntry.parse(entry),
    createdAt: "2026-01-01",
    updatedAt: "2026-01-02",
    ...more,
  };
}
const view = (server: Server) =>
  serverView(server, { breaker: "closed", health: HEALTH, offering: undefined });

describe("serverView", () => {
  for (const [what, entry] of [
    ["stdio", { command: "npx", args: ["-y", "x"], cwd: "/tmp", env: { A: "1" }, description: "d" }],
    ["http", { url: "https://a.example.com", headers: { a: "1" }, gateway: { tags: ["x"], timeout: "5s" } }],
    ["sse", { type: "sse", url: "https://a.example.com", disabled: true }],
  ] as const) {
    it(`shows a server of the kind ${what} as its schema says`, () => {
      const shown = view(serverOf(entry));

      expect(ServerView.strict().safeParse(shown).error).to.equal(undefined);
      expect(shown).to.include({ id: "srv_1", version: 3, type: what, created_at: "2026-01-01" });
    });
  }

  it("shows the built-in server of HTTP tools", () => {
    const entry = { type: "http-tools", gateway: ServerSettings.parse({}) } as const;

    const shown = view(serverOf({ url: "http://x.example.com" }, { entry, source: "builtin" }));

    expect(shown).to.include({ type: "http-tools", source: "builtin", enabled: true });
  });

  it("says of both switches whether a server is on", () => {
    const states = [
      { url: "http://x.example.com" },
      { url: "http://x.example.com", disabled: true },
      { url: "http://x.example.com", gateway: { enabled: false } },
    ].map((entry) => view(serverOf(entry)).enabled);

    expect(states).to.deep.equal([true, false, false]);
  });

  it("calls all spellings of Streamable HTTP http", () => {
    const types = ["http", "streamable-http", "streamableHttp"].map((type) =>
      typeOf(ServerEntry.parse({ type, url: "http://x.example.com" })),
    );

    expect(types).to.deep.equal(["http", "http", "http"]);
  });

  it("does not change the entry that it masks", () => {
    const entry = ServerEntry.parse({ command: "x", args: ["--token", "s"], env: { A: "s" } });

    maskEntry(entry);

    expect(entry).to.deep.include({ args: ["--token", "s"], env: { A: "s" } });
  });

  it("counts what is offered, and zero of what nobody has seen", () => {
    const offering = { ...EMPTY_OFFERING, tools: [{}, {}], resourceTemplates: [{}], prompts: [{}, {}, {}] };

    expect(countsOf(offering)).to.deep.equal({ tools: 2, resources: 0, resource_templates: 1, prompts: 3 });
    expect(countsOf(undefined)).to.deep.equal({ tools: 0, resources: 0, resource_templates: 0, prompts: 0 });
  });
});

describe("hasReference", () => {
  for (const entry of [
    { command: "${SHELL}" },
    { command: "x", args: ["a", "${A}"] },
    { command: "x", env: { A: "${A}" } },
    { command: "x", cwd: "${HOME}/x" },
    { url: "https://x.example.com/${A}" },
    { url: "https://x.example.com", headers: { a: "Bearer ${A:-b}" } },
    { url: "https://x.example.com", headers: { a: "${secret:a}" } },
    { type: "sse", url: "https://x.example.com?k=${A}" },
  ]) {
    it(`finds the one in ${JSON.stringify(entry)}`, () => {
      expect(hasReference(ServerEntry.parse(entry))).to.equal(true);
    });
  }

  for (const entry of [
    { command: "x", args: ["$A", "{A}"], env: { A: "$" } },
    { url: "https://x.example.com/$", headers: { a: "Bearer b" } },
  ]) {
    it(`finds none in ${JSON.stringify(entry)}`, () => {
      expect(hasReference(ServerEntry.parse(entry))).to.equal(false);
    });
  }
});
