import { expect } from "chai";

import type { JsonObject } from "../../src/domain/json.ts";
import { DEFAULT_LIMITS } from "../../src/domain/limits.ts";
import type { UpstreamCall } from "../../src/upstream/connection.ts";
import { OwnLists } from "../../src/upstream/own-lists.ts";
import { Slot } from "../../src/upstream/slot.ts";
import { Reply } from "../../src/wire/reply.ts";
import { settle, withResolvers } from "../support/manual-clock.ts";
import { FakeConnection, slotDeps } from "./fake-connection.ts";
import { NEVER } from "./mcp-upstream.ts";

const tool = (name: string, description = "shared"): JsonObject => ({
  name,
  description,
  inputSchema: { type: "object" },
});

/** Lists what the test says, at once or when it says so. */
class ListingConnection extends FakeConnection {
  readonly asked: string[] = [];
  tools: readonly JsonObject[] = [];
  resources: readonly JsonObject[] = [];
  /** Awaited before every answer; may reject. */
  before: Promise<void> | undefined;

  constructor(...names: readonly string[]) {
    super();
    this.tools = names.map((name) => tool(name));
  }

  override async call({ method }: UpstreamCall): Promise<Reply> {
    this.asked.push(method);
    await this.before;
    const { tools, resources } = this;
    if (method === "tools/list") return Reply.of("result", { tools }, "2025");
    if (method === "resources/list") return Reply.of("result", { resources }, "2025");
    return Reply.of("error", { code: -32601, message: "Method not found" }, "2025");
  }
}

describe("OwnLists", () => {
  let shared: ListingConnection;
  let lists: OwnLists;
  let changes: string[];

  beforeEach(() => {
    shared = new ListingConnection("a", "b");
    changes = [];
    lists = new OwnLists({
      server: "up",
      limits: DEFAULT_LIMITS,
      onListChanged: (list) => changes.push(list),
      patienceMs: 20,
    });
  });

  async function placeOf(connection: ListingConnection): Promise<Slot> {
    const slot = new Slot(slotDeps({ connect: async () => connection }));
    await slot.open(NEVER());
    return slot;
  }

  const explore = () => lists.explore(shared, { eras: ["2025"], signal: NEVER() });
  const names = async () => (await explore()).tools.map(({ name }) => name);

  it("are those of the shared connection while no other reports a change", async () => {
    const own = new ListingConnection("a", "hidden");
    await placeOf(own);

    lists.changed("tools");

    expect(await names()).to.deep.equal(["a", "b"]);
    expect(own.asked).to.deep.equal([]);
    expect(changes).to.deep.equal(["tools"]);
  });

  it("show what a connection has that reported a change, and nothing of it when that has gone again", async () => {
    const own = new ListingConnection("a", "b", "hidden");
    const slot = await placeOf(own);
    lists.changed("tools", slot);
    expect(await names()).to.deep.equal(["a", "b", "hidden"]);

    own.tools = [tool("a"), tool("b")];
    lists.changed("tools", slot);

    expect(await names()).to.deep.equal(["a", "b"]);
    expect(changes).to.deep.equal(["tools", "tools"]);
  });

  it("are read where the change was reported, and no others are", async () => {
    const own = new ListingConnection();
    own.resources = [{ uri: "a://1", name: "one" }];
    lists.changed("resources", await placeOf(own));

    const { resources } = await explore();

    expect(resources).to.deep.equal(own.resources);
    expect(own.asked).to.have.members(["resources/list", "resources/templates/list"]);
  });

  it("unite those of several connections, in the same order every time", async () => {
    for (const name of ["z", "c"]) lists.changed("tools", await placeOf(new ListingConnection(name, "a")));

    expect(await names()).to.deep.equal(["a", "b", "c", "z"]);
    expect(await names()).to.deep.equal(["a", "b", "c", "z"]);
  });

  it("define a thing as the connection does that reported a change last", async () => {
    const own = new ListingConnection();
    own.tools = [tool("a", "own")];
    const slot = await placeOf(own);
    const definition = async () => (await explore()).tools[0]?.["description"];

    lists.changed("tools", slot);
    expect(await definition()).to.equal("own");
    lists.changed("prompts");
    expect(await definition()).to.equal("own");
    lists.changed("tools");

    expect(await definition()).to.equal("shared");
  });

  it("are not read again where they turned out to be those of the shared connection", async () => {
    const own = new ListingConnection("a", "b");
    const slot = await placeOf(own);
    lists.changed("tools", slot);
    await explore();
    await explore();
    expect(own.asked).to.have.length(1);

    own.tools = [tool("hidden")];
    lists.changed("tools", slot);

    expect(await names()).to.deep.equal(["a", "b", "hidden"]);
  });

  it("lose what only one connection had when that ends, and say so, once", async () => {
    const slot = await placeOf(new ListingConnection("hidden"));
    lists.changed("tools", slot);
    lists.changed("resources", slot);
    await explore();
    changes = [];

    lists.ended(slot);
    lists.ended(slot);

    expect(changes).to.deep.equal(["tools"]);
    expect(await names()).to.deep.equal(["a", "b"]);
  });

  it("do not change when a connection ends that had none of its own", async () => {
    lists.ended(await placeOf(new ListingConnection("hidden")));

    expect(changes).to.deep.equal([]);
  });

  it("keep what a connection listed last while it cannot be read", async () => {
    const own = new ListingConnection("hidden");
    const slot = await placeOf(own);
    lists.changed("tools", slot);
    await explore();

    own.before = Promise.reject(new Error("broken"));

    expect(await names()).to.deep.equal(["a", "b", "hidden"]);
    own.before = undefined;
    own.tools = [];
    expect(await names()).to.deep.equal(["a", "b"]);
  });

  it("are read once more where the first reading failed", async () => {
    const own = new ListingConnection("hidden");
    own.before = Promise.reject(new Error("broken"));
    lists.changed("tools", await placeOf(own));
    expect(await names()).to.deep.equal(["a", "b"]);

    own.before = undefined;

    expect(await names()).to.deep.equal(["a", "b", "hidden"]);
    expect(changes).to.have.length(1);
  });

  it("do not wait for a connection that is busy, and are read again when it has answered after all", async () => {
    const own = new ListingConnection("hidden");
    const { promise, resolve } = withResolvers<void>();
    own.before = promise;
    lists.changed("tools", await placeOf(own));
    changes = [];

    expect(await names()).to.deep.equal(["a", "b"]);
    expect(changes).to.deep.equal([]);
    resolve();
    await settle();

    expect(changes).to.deep.equal(["tools"]);
    expect(await names()).to.deep.equal(["a", "b", "hidden"]);
    expect(changes).to.have.length(1);
  });

  it("are not asked for again and again where the late answer says nothing new", async () => {
    const own = new ListingConnection("hidden");
    lists.changed("tools", await placeOf(own));
    await explore();
    const { promise, resolve } = withResolvers<void>();
    own.before = promise;
    changes = [];

    await explore();
    resolve();
    await settle();

    expect(changes).to.deep.equal([]);
  });

  it("are read again when a change was reported while somebody else's reading went on", async () => {
    const own = new ListingConnection("hidden");
    const slot = await placeOf(own);
    const { promise, resolve } = withResolvers<void>();
    own.before = promise;
    lists.changed("tools", slot);
    const exploring = explore();
    await settle();
    changes = [];

    lists.changed("tools", slot);
    resolve();
    await exploring;

    expect(changes).to.deep.equal(["tools", "tools"]);
    await explore();
    expect(changes).to.have.length(2);
  });

  it("read a few connections at a time, however many have reported", async () => {
    const { promise, resolve } = withResolvers<void>();
    const owns = Array.from({ length: 30 }, (_, i) => new ListingConnection(`own_${i}`));
    for (const own of owns) {
      own.before = promise;
      lists.changed("tools", await placeOf(own));
    }

    const exploring = explore();
    await settle();
    expect(owns.filter(({ asked }) => asked.length > 0)).to.have.length(8);
    resolve();

    expect((await exploring).tools).to.have.length(32);
  });

  it("fail when the shared connection cannot be read, and never because of another one", async () => {
    const own = new ListingConnection("hidden");
    own.before = Promise.reject(new Error("broken"));
    lists.changed("tools", await placeOf(own));
    expect(await names()).to.deep.equal(["a", "b"]);

    shared.before = Promise.reject(new Error("no more"));

    const failure = await explore().catch((error: unknown) => error);
    expect(failure).to.have.property("message", "no more");
  });

  it("forget a connection that ended before it could be read", async () => {
    const own = new ListingConnection("hidden");
    const slot = await placeOf(own);
    lists.changed("tools", slot);
    await slot.close();
    changes = [];

    expect(await names()).to.deep.equal(["a", "b"]);
    expect(own.asked).to.deep.equal([]);
    lists.ended(slot);
    expect(changes).to.deep.equal([]);
  });
});
