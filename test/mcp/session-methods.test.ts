import { expect } from "chai";

import type { JsonObject } from "../../src/domain/json.ts";
import { UpstreamError } from "../../src/domain/upstream-errors.ts";
import { messages } from "../support/event-messages.ts";
import { FrontHarness } from "../support/mcp-front.ts";
import { proves } from "../support/proves.ts";

interface Answer {
  readonly result?: JsonObject;
  readonly error?: { readonly code: number; readonly message: string };
}

describe("what a 2025 client asks for its session", () => {
  let harness: FrontHarness;

  beforeEach(async () => {
    harness = await FrontHarness.start();
    const resources = [
      { uri: "inbox://all", name: "inbox" },
      { uri: "shared://x", name: "x" },
    ];
    await harness.offer("mail", { resources, capabilities: { resources: { subscribe: true }, logging: {} } });
    await harness.offer("files", { resources: [{ uri: "shared://x", name: "x" }] });
  });
  afterEach(() => harness.close());

  const ask = async (
    session: string,
    method: string,
    params: JsonObject,
    more: { path?: string; token?: string } = {},
  ): Promise<Answer> => {
    const headers = { "mcp-session-id": session, authorization: `Bearer ${more.token ?? "anna"}` };
    const response = await harness.post({ jsonrpc: "2.0", id: 1, method, params }, headers, more.path);
    return (await response.json()) as Answer;
  };
  const stream = (session: string, path = "/mcp"): Promise<Response> =>
    fetch(harness.url + path, {
      headers: { authorization: "Bearer anna", accept: "text/event-stream", "mcp-session-id": session },
    });
  const log = (session: string, level: string): void =>
    harness.front.features.scopeNotified("mail", session, "notifications/message", { level, data: level });
  const levelsIn = (found: readonly JsonObject[]): unknown[] =>
    found.map(({ params }) => (params as JsonObject)["level"]);

  describe("logging/setLevel", () => {
    it("keeps from the session what is less severe, from now on", async () => {
      const session = await harness.initialize();
      const heard = messages(await stream(session), 2);
      log(session, "debug");

      const answer = await ask(session, "logging/setLevel", { level: "error" });
      log(session, "warning");
      log(session, "critical");

      expect(answer.result).to.deep.equal({});
      expect(levelsIn(await heard)).to.deep.equal(["debug", "critical"]);
    });

    it("goes with later calls, so that upstreams know", async () => {
      const session = await harness.initialize();
      await ask(session, "logging/setLevel", { level: "notice" });

      await ask(session, "resources/read", { uri: "inbox://all" });

      expect(harness.forwarded[0]?.context.envelope?.logLevel).to.equal("notice");
    });

    it("answers -32602 to a level that there is not", async () => {
      const session = await harness.initialize();

      for (const level of ["loud", "WARNING", 3, undefined])
        expect((await ask(session, "logging/setLevel", { level })).error?.code).to.equal(-32602);
    });

    it("changes one session and no other", async () => {
      const [one, two] = [await harness.initialize(), await harness.initialize()];
      await ask(one, "logging/setLevel", { level: "emergency" });
      const heard = messages(await stream(two), 1);

      log(one, "error");
      log(two, "info");

      expect(levelsIn(await heard)).to.deep.equal(["info"]);
    });
  });

  describe("resources/subscribe", () => {
    const subscribe = (session: string, uri: unknown, path?: string, token?: string): Promise<Answer> =>
      ask(session, "resources/subscribe", { uri } as JsonObject, {
        ...(path === undefined ? {} : { path }),
        ...(token === undefined ? {} : { token }),
      });

    it("follows the resource at its upstream, under the upstream's own URI", async () => {
      const session = await harness.initialize();

      const plain = await subscribe(session, "inbox://all");
      const wrapped = await subscribe(session, "switchgear://files/shared://x");

      expect([plain.result, wrapped.result]).to.deep.equal([{}, {}]);
      expect(harness.followed.map(({ server, uri }) => [server, uri])).to.deep.equal([
        ["mail", "inbox://all"],
        ["files", "shared://x"],
      ]);
      expect(harness.followed[0]?.who).to.deep.include({ scope: session, era: "2025" });
    });

    it("brings updates under the public URI until the client unsubscribes", async () => {
      proves("subscriptions.2025");
      const session = await harness.initialize();
      const heard = messages(await stream(session), 2);
      await subscribe(session, "switchgear://mail/shared://x");
      const update = (): void =>
        harness.front.features.resourceUpdated("mail", "shared://x", { uri: "shared://x" }, [session]);

      update();
      await ask(session, "resources/unsubscribe", { uri: "switchgear://mail/shared://x" });
      update();
      log(session, "info");

      expect(
        (await heard).map(({ method, params }) => [method, (params as JsonObject)["uri"]]),
      ).to.deep.equal([
        ["notifications/resources/updated", "switchgear://mail/shared://x"],
        ["notifications/message", undefined],
      ]);
      expect(harness.unfollowed.map(({ server, uri }) => [server, uri])).to.deep.equal([
        ["mail", "shared://x"],
      ]);
    });

    it("uses the server's own URIs on its own endpoint", async () => {
      const session = await harness.initialize({}, "/mcp/s/mail");
      const heard = messages(await stream(session, "/mcp/s/mail"), 1);
      await subscribe(session, "shared://x", "/mcp/s/mail");

      harness.front.features.resourceUpdated("mail", "shared://x", { uri: "shared://x" }, [session]);

      expect((await heard)[0]?.["params"]).to.deep.equal({ uri: "shared://x" });
    });

    it("answers -32002 to a URI that nobody has, and -32602 to none", async () => {
      const session = await harness.initialize();

      expect((await subscribe(session, "no://where")).error?.code).to.equal(-32002);
      expect((await subscribe(session, 7)).error?.code).to.equal(-32602);
      expect((await ask(session, "resources/unsubscribe", {})).error?.code).to.equal(-32602);
      expect(harness.followed).to.deep.equal([]);
    });

    it("tells what the upstream has against it", async () => {
      harness.follow = () =>
        Promise.reject(new UpstreamError("upstream_error", "mail", "rejected", "It has no subscriptions."));
      const session = await harness.initialize();

      const answer = await subscribe(session, "inbox://all");

      expect(answer.error?.message).to.equal("It has no subscriptions.");
    });

    it("is not for somebody who may not read resources", async () => {
      const headers = { authorization: "Bearer viewer:vera" };
      const session = await harness.initialize(headers);

      const answer = await subscribe(session, "inbox://all", undefined, "viewer:vera");

      expect(answer.error?.message).to.match(/may not/);
      expect(harness.followed).to.deep.equal([]);
    });

    it("ends with the session", async () => {
      const session = await harness.initialize();
      await subscribe(session, "inbox://all");

      await fetch(`${harness.url}/mcp`, {
        method: "DELETE",
        headers: { authorization: "Bearer anna", "mcp-session-id": session },
      });

      expect(harness.unfollowed.map(({ uri }) => uri)).to.deep.equal(["inbox://all"]);
      expect(harness.endedSessions).to.deep.equal([session]);
    });
  });

  it("passes news of its roots on to the upstreams that know it", async () => {
    const headers = { "mcp-session-id": await harness.initialize() };

    const response = await harness.post(
      { jsonrpc: "2.0", method: "notifications/roots/list_changed" },
      headers,
    );

    expect(response.status).to.equal(202);
    expect(harness.notified).to.deep.equal([
      { scope: headers["mcp-session-id"], method: "notifications/roots/list_changed", params: {} },
    ]);
  });

  it("passes no other news on", async () => {
    const headers = { "mcp-session-id": await harness.initialize() };

    for (const method of ["initialized", "cancelled", "progress", "tasks/status", "own"])
      await harness.post({ jsonrpc: "2.0", method: `notifications/${method}`, params: {} }, headers);

    expect(harness.notified).to.deep.equal([]);
  });

  it("does not exist in the 2026 era", async () => {
    for (const method of ["logging/setLevel", "resources/subscribe", "resources/unsubscribe"])
      expect((await harness.modern(method, { uri: "inbox://all", level: "info" })).status, method).to.equal(
        404,
      );
  });
});
