import { expect } from "chai";

import type { JsonObject } from "../../src/domain/json.ts";
import { META } from "../../src/domain/protocol.ts";
import { UpstreamUnavailable } from "../../src/domain/upstream-errors.ts";
import { messages } from "../support/event-messages.ts";
import { FrontHarness } from "../support/mcp-front.ts";
import { proves } from "../support/proves.ts";

const ANNA = "default/anna";
const STAMP = { [META.subscriptionId]: 1 };

const until = async (isSo: () => boolean): Promise<void> => {
  while (!isSo()) await new Promise((next) => setTimeout(next, 2));
};

describe("a 2026 client that listens for resources", () => {
  let harness: FrontHarness;

  beforeEach(async () => {
    harness = await FrontHarness.start();
    const resources = [
      { uri: "inbox://all", name: "inbox" },
      { uri: "shared://x", name: "x" },
    ];
    await harness.offer("mail", { resources, capabilities: { resources: { subscribe: true } } });
    await harness.offer("files", { resources: [{ uri: "shared://x", name: "x" }] });
  });
  afterEach(() => harness.close());

  const listen = (
    resourceSubscriptions: unknown,
    more: { headers?: Record<string, string>; path?: string; filter?: JsonObject } = {},
  ): Promise<Response> => {
    const notifications = { ...more.filter, resourceSubscriptions } as JsonObject;
    return harness.modern("subscriptions/listen", { notifications }, more.headers, more.path);
  };
  const update = (server: string, uri: string, scopes: readonly string[] = [ANNA]): void =>
    harness.front.features.resourceUpdated(server, uri, { uri }, scopes);
  const acknowledged = async (response: Response): Promise<unknown> => {
    const [first] = await messages(response, 1);
    return promisedIn(first);
  };
  const promisedIn = (message: JsonObject | undefined): unknown =>
    (message?.["params"] as JsonObject | undefined)?.["notifications"];

  it("hears first which of them are really followed, then of their updates under its own URIs", async () => {
    proves("subscriptions.2026");
    const wrapped = "switchgear://mail/shared://x";
    const heard = messages(await listen(["inbox://all", wrapped, "no://where", wrapped]), 3);
    await until(() => harness.followed.length === 2);
    update("mail", "shared://x");
    update("files", "shared://x");
    update("mail", "inbox://all");

    const [first, ...updates] = await heard;

    expect(first).to.deep.include({ method: "notifications/subscriptions/acknowledged" });
    expect(first?.["params"]).to.deep.equal({
      notifications: { resourceSubscriptions: ["inbox://all", wrapped] },
      _meta: STAMP,
    });
    expect(updates.map(({ method }) => method)).to.deep.equal(
      Array(2).fill("notifications/resources/updated"),
    );
    expect(updates.map(({ params }) => params)).to.deep.equal([
      { uri: wrapped, _meta: STAMP },
      { uri: "inbox://all", _meta: STAMP },
    ]);
  });

  it("is followed for as its principal, with what it said of itself", async () => {
    await acknowledged(await listen(["inbox://all"]));

    expect(harness.followed.map(({ who }) => [who.scope, who.era])).to.deep.equal([[ANNA, "2026"]]);
    expect(harness.followed[0]?.who.envelope?.clientInfo).to.deep.equal({ name: "test", version: "1" });
  });

  it("hears nothing before the acknowledgement, and then what came meanwhile", async () => {
    harness.follow = async () => update("mail", "inbox://all");

    const found = await messages(await listen(["inbox://all"]), 2);

    expect(found.map(({ method }) => method)).to.deep.equal([
      "notifications/subscriptions/acknowledged",
      "notifications/resources/updated",
    ]);
  });

  it("is promised the others when one upstream refuses", async () => {
    harness.follow = async (_server, uri) => {
      if (uri === "shared://x") throw new UpstreamUnavailable("files", "it is away");
    };

    const promised = await acknowledged(
      await listen(["switchgear://files/shared://x", "inbox://all"], { filter: { toolsListChanged: true } }),
    );

    expect(promised).to.deep.equal({ toolsListChanged: true, resourceSubscriptions: ["inbox://all"] });
  });

  it("is let go at once when nothing can be promised", async () => {
    const found = await messages(await listen(["no://where"]), 9);

    expect(found).to.have.length(2);
    expect(promisedIn(found[0])).to.deep.equal({});
    expect(found[1]?.["result"]).to.deep.equal({ resultType: "complete", _meta: STAMP });
  });

  it("shares what is followed with its principal's other streams, until the last one ends", async () => {
    const [one, two] = [await listen(["inbox://all"]), await listen(["inbox://all"])];
    const [first, second] = [messages(one, 2), messages(two, 2)];
    await until(() => harness.followed.length > 0);
    await new Promise((later) => setTimeout(later, 20));
    update("mail", "inbox://all");

    expect([(await first).length, (await second).length]).to.deep.equal([2, 2]);
    await until(() => harness.unfollowed.length > 0);
    expect(harness.followed).to.have.length(1);
    expect(harness.unfollowed.map(({ uri, who }) => [uri, who.scope])).to.deep.equal([["inbox://all", ANNA]]);
  });

  it("hears nothing that is meant for somebody else", async () => {
    const heard = messages(await listen(["inbox://all"]), 2);
    await until(() => harness.followed.length > 0);
    await new Promise((later) => setTimeout(later, 20));

    update("mail", "inbox://all", ["default/ben", "some-session"]);
    update("mail", "inbox://1");
    update("mail", "inbox://all");

    expect((await heard).at(-1)?.["params"]).to.deep.equal({ uri: "inbox://all", _meta: STAMP });
  });

  it("uses the server's own URIs on its own endpoint", async () => {
    const heard = messages(await listen(["shared://x"], { path: "/mcp/s/files" }), 2);
    await until(() => harness.followed.length > 0);
    await new Promise((later) => setTimeout(later, 20));
    update("files", "shared://x");

    expect((await heard)[1]?.["params"]).to.deep.equal({ uri: "shared://x", _meta: STAMP });
  });

  it("is promised nothing without the right to read resources", async () => {
    const headers = { authorization: "Bearer viewer:vera" };

    const promised = await acknowledged(await listen(["inbox://all"], { headers }));

    expect(promised).to.deep.equal({});
    expect(harness.followed).to.deep.equal([]);
  });

  it("is refused when its filter is malformed", async () => {
    for (const bad of ["inbox://all", [7], { uri: "x" }, [null]]) {
      const body = (await (await listen(bad)).json()) as { error: JsonObject };
      expect(body.error["code"], JSON.stringify(bad)).to.equal(-32602);
    }
  });

  it("is promised 256 resources at most", async () => {
    const template = { uriTemplate: "inbox://{id}", name: "one" };
    await harness.offer("mail", { resourceTemplates: [template], capabilities: { resources: {} } });
    const uris = Array.from({ length: 300 }, (_, n) => `inbox://${n}`);

    const promised = (await acknowledged(await listen(uris))) as { resourceSubscriptions: string[] };

    expect(promised.resourceSubscriptions).to.deep.equal(uris.slice(0, 256));
  });

  it("is promised no news of tasks, and must understand tasks to ask for them", async () => {
    const filter = { taskIds: ["lab.x.y"], promptsListChanged: true };
    const capable = { [META.clientCapabilities]: { extensions: { "io.modelcontextprotocol/tasks": {} } } };

    const refused = await harness.modern("subscriptions/listen", { notifications: filter });
    const capableOnes = await harness.modern("subscriptions/listen", {
      notifications: filter,
      _meta: capable,
    });

    expect(refused.status).to.equal(400);
    expect(((await refused.json()) as { error: JsonObject }).error["code"]).to.equal(-32021);
    expect(await acknowledged(capableOnes)).to.deep.equal({ promptsListChanged: true });
  });
});
