import { expect } from "chai";

import { GatewayError } from "../../src/domain/errors.ts";
import type { JsonObject } from "../../src/domain/json.ts";
import { DEFAULT_LIMITS } from "../../src/domain/limits.ts";
import { UpstreamUnavailable } from "../../src/domain/upstream-errors.ts";
import { MAX_SUBSCRIPTIONS, SessionSubscriptions } from "../../src/mcp/session-subscriptions.ts";
import { Session } from "../../src/mcp/session.ts";
import { type Following, Subscriptions } from "../../src/mcp/subscriptions.ts";
import { Catalog } from "../../src/registry/catalog.ts";
import { proves } from "../support/proves.ts";
import { rejection } from "../support/refusal.ts";

const FACTS = {
  id: "s1",
  endpoint: { kind: "server", server: "mail" } as const,
  principal: "default/anna",
  protocolVersion: "2025-11-25",
  clientInfo: { name: "test" },
};

class NotingSession extends Session {
  readonly sent: JsonObject[] = [];

  override send(message: string | Buffer): void {
    this.sent.push(JSON.parse(message.toString()) as JsonObject);
  }
}

function sessionWith(subscriptions: readonly string[], capabilities: JsonObject = {}): NotingSession {
  const state = { logLevel: undefined, subscriptions: new Set(subscriptions) };
  return new NotingSession({ ...FACTS, capabilities }, state, { limits: DEFAULT_LIMITS, now: 0 });
}

const until = async (isSo: () => boolean): Promise<void> => {
  while (!isSo()) await new Promise((next) => setTimeout(next, 1));
};

describe("subscriptions of a session", () => {
  let asked: string[];
  let stored: (readonly string[])[];
  let follow: Following["follow"];
  let store: () => Promise<void>;
  let book: Subscriptions;
  let subscriptions: SessionSubscriptions;

  beforeEach(() => {
    asked = [];
    stored = [];
    follow = async () => {};
    store = async () => {};
    book = new Subscriptions({
      follow: (server, uri, who, signal) => {
        asked.push(`+ ${uri} ${JSON.stringify(who.envelope?.capabilities ?? null)}`);
        return follow(server, uri, who, signal);
      },
      unfollow: (_server, uri) => asked.push(`- ${uri}`),
    });
    subscriptions = new SessionSubscriptions({
      subscriptions: book,
      catalog: () => Catalog.empty,
      settled: async () => {},
      change: async (_session, change) => {
        stored.push([...change.subscriptions]);
        await store();
      },
      retryMs: [1, 1],
    });
  });
  afterEach(() => subscriptions.close());

  it("are followed as this client, then stored", async () => {
    const session = sessionWith([], { roots: {} });

    await subscriptions.subscribe(session, "a://1");
    await subscriptions.subscribe(session, "a://2");

    expect(asked).to.deep.equal(['+ a://1 {"roots":{}}', '+ a://2 {"roots":{}}']);
    expect(stored).to.deep.equal([["a://1"], ["a://1", "a://2"]]);
  });

  it("bring updates to the session", async () => {
    const session = sessionWith([]);
    await subscriptions.subscribe(session, "a://1");

    book.updated({ server: "mail", uri: "a://1" }, { uri: "a://1" }, ["s1"]);

    expect(session.sent).to.deep.equal([
      { jsonrpc: "2.0", method: "notifications/resources/updated", params: { uri: "a://1" } },
    ]);
  });

  it("are stored once, and not at all when the upstream refuses", async () => {
    const session = sessionWith([]);
    await subscriptions.subscribe(session, "a://1");
    await subscriptions.subscribe(session, "a://1");
    follow = () => Promise.reject(new UpstreamUnavailable("mail", "it is away"));

    const refused = await rejection(() => subscriptions.subscribe(session, "a://2"));

    expect(refused.code).to.equal("upstream_unavailable");
    expect(stored).to.deep.equal([["a://1"]]);
  });

  it("are given up upstream when they cannot be stored", async () => {
    store = () => Promise.reject(new GatewayError("storage_unavailable", "down"));
    const session = sessionWith([]);

    const refused = await rejection(() => subscriptions.subscribe(session, "a://1"));
    await until(() => asked.length > 1);

    expect(refused.code).to.equal("storage_unavailable");
    expect(asked).to.deep.equal(["+ a://1 null", "- a://1"]);
  });

  it("end with an unsubscription; one from nothing changes nothing", async () => {
    const session = sessionWith([]);
    await subscriptions.subscribe(session, "a://1");

    await subscriptions.unsubscribe(session, "a://1");
    await subscriptions.unsubscribe(session, "a://1");
    await subscriptions.unsubscribe(session, "never://was");

    expect(asked).to.deep.equal(["+ a://1 null", "- a://1"]);
    expect(stored).to.deep.equal([["a://1"], []]);
  });

  it(`are ${MAX_SUBSCRIPTIONS} at most`, async () => {
    const session = sessionWith(Array.from({ length: MAX_SUBSCRIPTIONS }, (_, n) => `a://${n}`));

    const refused = await rejection(() => subscriptions.subscribe(session, "a://more"));
    await subscriptions.subscribe(session, "a://0");

    expect(refused.code).to.equal("invalid_request");
    expect(asked).to.deep.equal(["+ a://0 null"]);
  });

  it("are not there for a URI that nobody on the endpoint has", async () => {
    const everything = { ...FACTS, endpoint: { kind: "all" } as const, capabilities: {} };
    const state = { logLevel: undefined, subscriptions: new Set<string>() };
    const session = new Session(everything, state, { limits: DEFAULT_LIMITS, now: 0 });

    const refused = await rejection(() => subscriptions.subscribe(session, "no://where"));

    expect(refused.code).to.equal("resource_not_found");
    expect(asked).to.deep.equal([]);
  });

  it("are followed again when the session comes back from storage", async () => {
    proves("subscriptions.again");
    subscriptions.restore(sessionWith(["a://1", "a://2"]));
    await until(() => asked.length === 2);

    expect(asked).to.deep.equal(["+ a://1 null", "+ a://2 null"]);
    expect(stored).to.deep.equal([]);
  });

  it("are tried again when the upstream is not there yet", async () => {
    let attempts = 0;
    follow = async () => {
      attempts++;
      if (attempts < 3) throw new UpstreamUnavailable("mail", "it is starting");
    };
    const session = sessionWith(["a://1"]);

    subscriptions.restore(session);
    await until(() => attempts === 3);
    await new Promise((next) => setImmediate(next));
    book.updated({ server: "mail", uri: "a://1" }, { uri: "a://1" }, ["s1"]);

    expect(session.sent).to.have.length(1);
  });

  it("are given up for now after some attempts, and tried when the client asks again", async () => {
    follow = () => Promise.reject(new UpstreamUnavailable("mail", "it is away"));
    const session = sessionWith(["a://1"]);
    subscriptions.restore(session);
    await until(() => asked.length === 3);
    await new Promise((later) => setTimeout(later, 10));
    expect(asked).to.have.length(3);

    follow = async () => {};
    await subscriptions.subscribe(session, "a://1");

    expect(asked).to.have.length(4);
    expect(stored).to.deep.equal([]);
  });

  it("end with the session, and are not tried again after it", async () => {
    const session = sessionWith([]);
    await subscriptions.subscribe(session, "a://1");
    follow = () => Promise.reject(new UpstreamUnavailable("mail", "it is away"));
    const other = new NotingSession(
      { ...FACTS, id: "s2", capabilities: {} },
      { logLevel: undefined, subscriptions: new Set(["a://2"]) },
      { limits: DEFAULT_LIMITS, now: 0 },
    );
    subscriptions.restore(other);
    await until(() => asked.length === 2);

    subscriptions.end(session);
    subscriptions.end(other);
    await new Promise((later) => setTimeout(later, 10));

    expect(asked).to.deep.equal(["+ a://1 null", "+ a://2 null", "- a://1"]);
  });
});
