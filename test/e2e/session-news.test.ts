import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import {
  ListRootsRequestSchema,
  LoggingMessageNotificationSchema,
  ResourceUpdatedNotificationSchema,
} from "@modelcontextprotocol/sdk/types.js";
import { expect } from "chai";

import { until } from "../support/child-processes.ts";
import { messages } from "../support/event-messages.ts";
import { type Gateway, startGateway } from "../support/gateway.ts";
import { everythingCommand, type RemoteUpstream, startEverything } from "../support/real-upstreams.ts";

const STATIC = "demo://resource/static/document/features.md";

class Listener {
  readonly client: Client;
  readonly updated: string[] = [];
  readonly logged: {
    readonly level: string;
    readonly logger?: string | undefined;
    readonly data: unknown;
  }[] = [];
  roots = [{ uri: "file:///first", name: "first" }];
  asked = 0;

  constructor(capabilities: { roots?: { listChanged: true } } = {}) {
    this.client = new Client({ name: "session-news-e2e", version: "1.0.0" }, { capabilities });
    this.client.setNotificationHandler(ResourceUpdatedNotificationSchema, ({ params }) => {
      this.updated.push(params.uri);
    });
    this.client.setNotificationHandler(LoggingMessageNotificationSchema, ({ params }) => {
      this.logged.push(params);
    });
    if (capabilities.roots !== undefined)
      this.client.setRequestHandler(ListRootsRequestSchema, () => {
        this.asked++;
        return { roots: this.roots };
      });
  }
}

describe("what real servers tell a session on their own account", function () {
  this.timeout(60_000);

  let remote: RemoteUpstream;
  let gateway: Gateway;
  const listeners: Listener[] = [];

  before(async () => {
    remote = await startEverything("streamableHttp");
    const { command, args } = everythingCommand();
    gateway = await startGateway({
      mcpServers: { piped: { command, args }, remote: { type: "http", url: remote.url } },
      gateway: { startup: { grace: "20s" } },
    });
  });
  after(async () => {
    await Promise.all(listeners.map(({ client }) => client.close()));
    await gateway?.stop();
    await remote?.stop();
  });

  const listen = async (
    server?: string,
    capabilities?: { roots: { listChanged: true } },
  ): Promise<Listener> => {
    const listener = new Listener(capabilities);
    const { headers } = gateway;
    const url = new URL(gateway.endpoint(server));
    await listener.client.connect(new StreamableHTTPClientTransport(url, { requestInit: { headers } }));
    await listener.client.listTools();
    listeners.push(listener);
    return listener;
  };

  for (const server of ["piped", "remote"]) {
    it(`brings updates of resources, to those who subscribed and under public URIs (${server})`, async () => {
      const [merged, own, silent] = [await listen(), await listen(server), await listen()];
      const uri = `switchgear://${server}/${STATIC}`;
      await merged.client.subscribeResource({ uri });
      await own.client.subscribeResource({ uri: STATIC });

      await merged.client.callTool({ name: `${server}__toggle-subscriber-updates`, arguments: {} });
      await until("the update has come", () => merged.updated.length > 0);
      if (server === "remote")
        await own.client.callTool({ name: "toggle-subscriber-updates", arguments: {} });
      await until("the server's own endpoint has it, too", () => own.updated.length > 0);

      expect(merged.updated[0]).to.equal(uri);
      expect(own.updated[0]).to.equal(STATIC);
      expect(silent.updated).to.deep.equal([]);
    });
  }

  it("brings updates to a session that has outlived a restart of the gateway", async () => {
    const first = await startGateway({ mcpServers: { remote: { type: "http", url: remote.url } } });
    const post = async (
      gate: Gateway,
      method: string,
      params: object,
      session?: string,
    ): Promise<Response> => {
      const response = await fetch(gate.endpoint("remote"), {
        method: "POST",
        headers: {
          ...gate.headers,
          "content-type": "application/json",
          accept: "application/json, text/event-stream",
          ...(session === undefined ? {} : { "mcp-session-id": session }),
        },
        body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }),
      });
      await response.text();
      return response;
    };
    const opened = await post(first, "initialize", { protocolVersion: "2025-06-18", capabilities: {} });
    const session = opened.headers.get("mcp-session-id") ?? "";
    await post(first, "resources/subscribe", { uri: STATIC }, session);
    await first.stop({ keepData: true });

    const mcpServers = { remote: { type: "http", url: remote.url } };
    const second = await startGateway({ mcpServers, dataDir: first.dataDir });
    const headers = { ...second.headers, accept: "text/event-stream", "mcp-session-id": session };
    const stream = await fetch(second.endpoint("remote"), { headers });
    // Among log messages of the server.
    const heard = messages(stream, 4);
    const toggling = setInterval(() => {
      void post(second, "tools/call", { name: "toggle-subscriber-updates", arguments: {} }, session);
    }, 500);
    const found = await heard;
    clearInterval(toggling);
    await second.stop();

    const update = found.find(({ method }) => method === "notifications/resources/updated");
    expect(update?.["params"]).to.deep.equal({ uri: STATIC });
  });

  it("says no more of a resource once a client has unsubscribed", async () => {
    const listener = await listen("remote");
    await listener.client.subscribeResource({ uri: STATIC });
    await listener.client.unsubscribeResource({ uri: STATIC });

    await listener.client.callTool({ name: "toggle-subscriber-updates", arguments: {} });
    await listener.client.ping();

    expect(listener.updated).to.deep.equal([]);
  });

  it("brings log messages that belong to no call, as severe as the client wants them", async () => {
    const [merged, own] = [await listen(), await listen("remote")];
    await own.client.setLoggingLevel("emergency");

    await merged.client.callTool({ name: "remote__toggle-simulated-logging", arguments: {} });
    await own.client.callTool({ name: "toggle-simulated-logging", arguments: {} });
    // The server says something every five seconds.
    await until("a message has come", () => merged.logged.length > 0);

    expect(merged.logged[0]?.logger).to.match(/^remote/);
    expect(own.logged.every(({ level }) => level === "emergency")).to.equal(true);
  });

  it("lets a server ask again for roots that have changed", async () => {
    const listener = await listen("remote", { roots: { listChanged: true } });
    const rootsSeen = async (): Promise<string> =>
      JSON.stringify(await listener.client.callTool({ name: "get-roots-list", arguments: {} }));
    await listener.client.callTool({ name: "echo", arguments: { message: "begins the session" } });
    await until("the server has asked on its own account", () => listener.asked > 0);
    expect(await rootsSeen()).to.contain("file:///first");

    listener.roots = [{ uri: "file:///second", name: "second" }];
    await listener.client.sendRootsListChanged();

    await until("the server has asked again", () => listener.asked > 1);
    await until("the server has heard", async () => (await rootsSeen()).includes("file:///second"));
  });

  it("offers all of this, and a server's own endpoint no more than the server has", async () => {
    const merged = (await listen()).client.getServerCapabilities();
    const own = (await listen("remote")).client.getServerCapabilities();

    expect(merged).to.deep.include({ logging: {}, resources: { subscribe: true, listChanged: true } });
    expect(own).to.deep.include({ logging: {}, resources: { subscribe: true, listChanged: true } });
  });
});
