import { expect } from "chai";

import type { Json, JsonObject } from "../../src/domain/json.ts";
import { DEFAULT_LIMITS, type Limits } from "../../src/domain/limits.ts";
import type { Offering } from "../../src/domain/offering.ts";
import type { Connection, UpstreamCall } from "../../src/upstream/connection.ts";
import { exploreConnection } from "../../src/upstream/explore.ts";
import { Reply } from "../../src/wire/reply.ts";
import { proves } from "../support/proves.ts";
import { rejection } from "../support/refusal.ts";
import { NEVER } from "./mcp-upstream.ts";

const good = (name: string): JsonObject => ({ name, inputSchema: { type: "object" } });
const error = (code: number, message: string): Reply => Reply.of("error", { code, message }, "2025");
const result = (value: JsonObject): Reply => Reply.of("result", value, "2025");

class ListingConnection implements Connection {
  readonly era = "2025";
  readonly serverInfo = { name: "fixture" };
  readonly calls: UpstreamCall[] = [];
  readonly #answers: Readonly<Record<string, (cursor: Json | undefined) => Reply>>;
  capabilities: JsonObject = { tools: {}, prompts: {}, resources: {} };
  instructions: string | undefined;

  constructor(answers: Readonly<Record<string, (cursor: Json | undefined) => Reply>>) {
    this.#answers = answers;
  }

  async call(call: UpstreamCall): Promise<Reply> {
    this.calls.push(call);
    return this.#answers[call.method]?.(call.params["cursor"]) ?? error(-32601, "Method not found");
  }
  notify(): void {}
  async follow(): Promise<Reply> {
    return error(-32601, "Method not found");
  }
  unfollow(): void {}
  async close(): Promise<void> {}

  count(method: string): number {
    return this.calls.filter((call) => call.method === method).length;
  }
}

const explore = (connection: Connection, limits: Partial<Limits> = {}): Promise<Offering> =>
  exploreConnection(connection, {
    server: "up",
    limits: { ...DEFAULT_LIMITS, ...limits },
    eras: ["2025"],
    signal: NEVER(),
  });

const listing = (tools: readonly Json[]): ListingConnection =>
  new ListingConnection({ "tools/list": () => result({ tools }) });

describe("exploreConnection", () => {
  it("reads all lists, verbatim and in the upstream's order", async () => {
    proves("lists.verbatim");
    const connection = new ListingConnection({
      "tools/list": () => result({ tools: [{ ...good("z"), extra: 1 }, good("a")] }),
      "prompts/list": () => result({ prompts: [{ name: "p", arguments: [{ name: "x" }] }] }),
      "resources/list": () => result({ resources: [{ uri: "file:///a", name: "a" }] }),
      "resources/templates/list": () =>
        result({ resourceTemplates: [{ uriTemplate: "file:///{x}", name: "t" }] }),
    });
    connection.instructions = "Use with care.";

    expect(await explore(connection)).to.deep.equal({
      tools: [{ ...good("z"), extra: 1 }, good("a")],
      prompts: [{ name: "p", arguments: [{ name: "x" }] }],
      resources: [{ uri: "file:///a", name: "a" }],
      resourceTemplates: [{ uriTemplate: "file:///{x}", name: "t" }],
      capabilities: { tools: {}, prompts: {}, resources: {} },
      serverInfo: { name: "fixture" },
      instructions: "Use with care.",
      eras: ["2025"],
      quarantined: [],
    });
  });

  it("takes a method that the upstream does not have for an empty list", async () => {
    const offering = await explore(new ListingConnection({}));

    expect(offering).to.deep.include({
      tools: [],
      prompts: [],
      resources: [],
      resourceTemplates: [],
      quarantined: [],
    });
  });

  it("asks only for what the upstream says it has, but always for tools", async () => {
    const connection = listing([good("a")]);
    connection.capabilities = {};

    expect((await explore(connection)).tools).to.have.length(1);
    expect(connection.calls.map(({ method }) => method)).to.deep.equal(["tools/list"]);
  });

  it("asks as the connection that it was given, for nobody in particular", async () => {
    const connection = listing([]);

    await explore(connection);

    expect(connection.calls[0]).to.deep.include({ era: "2025", scope: "", params: {} });
  });

  describe("pages", () => {
    const paged = (pages: number, next: (page: number) => Json | undefined) =>
      new ListingConnection({
        "tools/list": (cursor) => {
          const page = Number(cursor ?? 0);
          return result({
            tools: [good(`tool-${page}`)],
            ...(page + 1 < pages ? { nextCursor: next(page) ?? null } : {}),
          });
        },
      });

    it("are all read", async () => {
      proves("lists.complete");
      const offering = await explore(paged(10, (page) => String(page + 1)));

      expect(offering.tools.map(({ name }) => name)).to.deep.equal(
        Array.from({ length: 10 }, (_, n) => `tool-${n}`),
      );
      expect(offering.quarantined).to.deep.equal([]);
    });

    it("end where there is no next cursor, or none that is one", async () => {
      for (const next of [null, "", 5, {}] as const) {
        expect((await explore(paged(3, () => next))).tools).to.have.length(1);
      }
    });

    it("that go round in a circle are not read for ever", async () => {
      proves("lists.complete");
      const connection = paged(1_000, (page) => String((page + 1) % 3));

      const offering = await explore(connection);

      expect(connection.count("tools/list")).to.equal(4);
      expect(offering.tools).to.have.length(3);
      expect(offering.quarantined.at(-1)?.reason).to.contain("repeats a cursor");
    });

    it("without end are read up to the limit", async () => {
      const connection = paged(1_000_000, (page) => String(page + 1));

      const offering = await explore(connection);

      expect(connection.count("tools/list")).to.equal(64);
      expect(offering.tools).to.have.length(64);
      expect(offering.quarantined).to.deep.equal([
        { tool: "tools/list", reason: "the list was not read to its end: it has more than 64 pages" },
      ]);
    });

    it("of enormous size are not read on", async () => {
      const connection = new ListingConnection({
        "tools/list": (cursor) =>
          result({ tools: [], nextCursor: `${String(cursor)}x`, filler: "x".repeat(1_000) }),
      });

      const offering = await explore(connection, { replyBytes: 1_000 });

      expect(connection.count("tools/list")).to.equal(4);
      expect(offering.quarantined[0]?.reason).to.contain("too long");
    });
  });

  describe("malformed definitions", () => {
    it("are left out and named, and the rest is served", async () => {
      proves("lists.quarantine");
      const offering = await explore(
        listing([good("a"), { name: "b" }, good("c"), null, { inputSchema: { type: "object" } }]),
      );

      expect(offering.tools.map(({ name }) => name)).to.deep.equal(["a", "c"]);
      expect(offering.quarantined).to.deep.equal([
        { tool: "b", reason: "its inputSchema is not an object" },
        { tool: "?", reason: "it is not an object" },
        { tool: "?", reason: "its name is not a string, or empty" },
      ]);
    });

    it("are those that come twice: the first one counts", async () => {
      const offering = await explore(
        listing([
          { ...good("a"), title: "first" },
          { ...good("a"), title: "second" },
        ]),
      );

      expect(offering.tools).to.deep.equal([{ ...good("a"), title: "first" }]);
      expect(offering.quarantined).to.deep.equal([{ tool: "a", reason: "it is defined twice" }]);
    });

    it("are those over a limit, with the reason", async () => {
      const offering = await explore(listing([{ ...good("long"), description: "x".repeat(20_000) }]));

      expect(offering.quarantined[0]).to.deep.equal({
        tool: "long",
        reason: "its description is longer than 16384 bytes",
      });
    });

    it("in any number do not fill the memory", async () => {
      const offering = await explore(listing(Array.from({ length: 50_000 }, () => 5)), {
        toolsPerUpstream: 10,
      });

      expect(offering.quarantined).to.have.length.below(20);
    });
  });

  it("serves as many tools as the limit allows, and says that there are more", async () => {
    const offering = await explore(listing(Array.from({ length: 30 }, (_, n) => good(`t${n}`))), {
      toolsPerUpstream: 10,
    });

    expect(offering.tools).to.have.length(10);
    expect(offering.quarantined).to.deep.equal([
      { tool: "tools/list", reason: "only the first 10 are served" },
    ]);
  });

  it("names a list that is none", async () => {
    const offering = await explore(
      new ListingConnection({ "tools/list": () => result({ tools: { a: 1 } }) }),
    );

    expect(offering.quarantined).to.deep.equal([
      { tool: "tools/list", reason: 'its answer has no array "tools"' },
    ]);
  });

  it("fails when the tools cannot be listed", async () => {
    const broken = new ListingConnection({ "tools/list": () => error(-32603, "database is down") });

    const failure = await rejection(() => explore(broken));

    expect(failure.code).to.equal("upstream_protocol_error");
    expect(failure.message).to.contain("database is down").and.contain("tools/list");
  });

  it("names other lists that cannot be read, and serves the tools", async () => {
    const offering = await explore(
      new ListingConnection({
        "tools/list": () => result({ tools: [good("a")] }),
        "resources/list": () => error(-32603, "disk is full"),
      }),
    );

    expect(offering.tools).to.have.length(1);
    expect(offering.quarantined).to.deep.equal([
      {
        tool: "resources/list",
        reason: "the list was not read to its end: the upstream answered with an error: disk is full",
      },
    ]);
  });

  it("shortens instructions without end, and leaves out an absurd description of the server", async () => {
    const connection = listing([]);
    connection.instructions = "x".repeat(100_000);
    connection.capabilities = { tools: {}, experimental: { a: "x".repeat(100_000) } };

    const offering = await explore(connection);

    expect(offering.instructions).to.have.length(16_385);
    expect(offering.capabilities).to.deep.equal({});
  });
});
