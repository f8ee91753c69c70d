import { expect } from "chai";

import type { JsonObject } from "../../src/domain/json.ts";
import { META } from "../../src/domain/protocol.ts";
import { UpstreamUnavailable } from "../../src/domain/upstream-errors.ts";
import { type Following, Subscriber, Subscriptions } from "../../src/mcp/subscriptions.ts";
import { rejection } from "../support/refusal.ts";

/** Upstreams that note what is asked of them and agree when they are told to. */
class FakeFollowing implements Following {
  readonly asked: string[] = [];
  answer: () => Promise<void> = async () => {};

  follow(server: string, uri: string, { scope }: { scope: string }): Promise<void> {
    this.asked.push(`+ ${server} ${uri} ${scope}`);
    return this.answer();
  }

  unfollow(server: string, uri: string, { scope }: { scope: string }): void {
    this.asked.push(`- ${server} ${uri} ${scope}`);
  }
}

const INBOX = { server: "mail", uri: "inbox://all" };
const settled = (): Promise<void> => new Promise((done) => setImmediate(done));

describe("subscriptions to resources", () => {
  let following: FakeFollowing;
  let subscriptions: Subscriptions;
  let heard: (readonly [string, JsonObject])[];

  beforeEach(() => {
    following = new FakeFollowing();
    subscriptions = new Subscriptions(following);
    heard = [];
  });

  const subscriber = (name: string, scope: string): Subscriber =>
    new Subscriber({ scope, era: "2026" }, (params) => heard.push([name, params]));

  it("begin upstream with the first of a scope and end with its last", async () => {
    const [one, two] = [subscriber("one", "anna"), subscriber("two", "anna")];

    await subscriptions.add(one, "inbox://all", INBOX);
    await subscriptions.add(two, "inbox://all", INBOX);
    subscriptions.drop(one);
    await settled();
    expect(following.asked).to.deep.equal(["+ mail inbox://all anna"]);

    subscriptions.drop(two);
    await settled();
    expect(following.asked).to.deep.equal(["+ mail inbox://all anna", "- mail inbox://all anna"]);
  });

  it("are each scope's own", async () => {
    await subscriptions.add(subscriber("one", "anna"), "inbox://all", INBOX);
    await subscriptions.add(subscriber("two", "ben"), "inbox://all", INBOX);

    expect(following.asked).to.deep.equal(["+ mail inbox://all anna", "+ mail inbox://all ben"]);
  });

  it("count once for a subscriber that subscribes twice", async () => {
    const one = subscriber("one", "anna");

    await subscriptions.add(one, "inbox://all", INBOX);
    await subscriptions.add(one, "inbox://all", INBOX);
    subscriptions.remove(one, "inbox://all");
    await settled();

    expect(following.asked).to.deep.equal(["+ mail inbox://all anna", "- mail inbox://all anna"]);
  });

  it("bring an update to those whom the upstream means, under the URI that each subscribed to", async () => {
    await subscriptions.add(subscriber("merged", "anna"), "switchgear://mail/inbox://all", INBOX);
    await subscriptions.add(subscriber("own", "anna"), "inbox://all", INBOX);
    await subscriptions.add(subscriber("ben's", "ben"), "inbox://all", INBOX);

    subscriptions.updated(INBOX, { uri: "inbox://all", title: "kept" }, ["anna", "nobody"]);

    expect(heard).to.deep.equal([
      ["merged", { uri: "switchgear://mail/inbox://all", title: "kept" }],
      ["own", { uri: "inbox://all", title: "kept" }],
    ]);
  });

  it("name the part of a resource that an upstream says has changed", async () => {
    await subscriptions.add(subscriber("own", "anna"), "inbox://all", INBOX);
    await subscriptions.add(subscriber("merged", "anna"), "switchgear://mail/inbox://all", INBOX);

    subscriptions.updated(INBOX, { uri: "inbox://all/7" }, ["anna"]);

    expect(heard.map(([, params]) => params["uri"])).to.deep.equal([
      "inbox://all/7",
      "switchgear://mail/inbox://all/7",
    ]);
  });

  it("survive an update whose URI is none", async () => {
    await subscriptions.add(subscriber("own", "anna"), "inbox://all", INBOX);

    for (const uri of [undefined, 7, "else://where"]) subscriptions.updated(INBOX, { uri }, ["anna"]);

    expect(heard.map(([, params]) => params["uri"])).to.deep.equal(Array(3).fill("inbox://all"));
  });

  it("say nothing of another server's resource of the same URI, and nothing after their end", async () => {
    const one = subscriber("one", "anna");
    await subscriptions.add(one, "inbox://all", INBOX);

    subscriptions.updated({ server: "files", uri: "inbox://all" }, { uri: "inbox://all" }, ["anna"]);
    subscriptions.updated({ server: "mail", uri: "inbox://1" }, { uri: "inbox://1" }, ["anna"]);
    subscriptions.remove(one, "inbox://all");
    subscriptions.updated(INBOX, { uri: "inbox://all" }, ["anna"]);

    expect(heard).to.deep.equal([]);
  });

  it("keep the id of the gateway's own stream to the gateway", async () => {
    await subscriptions.add(subscriber("one", "anna"), "inbox://all", INBOX);

    subscriptions.updated(INBOX, { uri: "inbox://all", _meta: { [META.subscriptionId]: 4 } }, ["anna"]);
    subscriptions.updated(INBOX, { uri: "inbox://all", _meta: { [META.subscriptionId]: 4, a: 1 } }, ["anna"]);

    expect(heard.map(([, params]) => params)).to.deep.equal([
      { uri: "inbox://all" },
      { uri: "inbox://all", _meta: { a: 1 } },
    ]);
  });

  it("are not there when the upstream refuses, for all who waited, and may be tried again", async () => {
    following.answer = () => Promise.reject(new UpstreamUnavailable("mail", "it is away"));
    const [one, two] = [subscriber("one", "anna"), subscriber("two", "anna")];

    const refusals = await Promise.all([
      rejection(() => subscriptions.add(one, "inbox://all", INBOX)),
      rejection(() => subscriptions.add(two, "inbox://all", INBOX)),
    ]);
    await settled();
    expect(refusals.map(({ code }) => code)).to.deep.equal(["upstream_unavailable", "upstream_unavailable"]);
    expect(one.targets.size + two.targets.size).to.equal(0);

    following.answer = async () => {};
    await subscriptions.add(one, "inbox://all", INBOX);
    expect(following.asked).to.deep.equal(["+ mail inbox://all anna", "+ mail inbox://all anna"]);
  });

  it("end upstream only after they have begun there", async () => {
    const gate: { open?: () => void } = {};
    following.answer = () => new Promise((done) => (gate.open = done));
    const one = subscriber("one", "anna");
    const adding = subscriptions.add(one, "inbox://all", INBOX);

    subscriptions.drop(one);
    await settled();
    expect(following.asked).to.deep.equal(["+ mail inbox://all anna"]);

    gate.open?.();
    await adding;
    await settled();
    expect(following.asked).to.deep.equal(["+ mail inbox://all anna", "- mail inbox://all anna"]);
  });

  it("go on when somebody else subscribes while the last one leaves", async () => {
    const gate: { open?: () => void } = {};
    following.answer = () => new Promise((done) => (gate.open = done));
    const [one, two] = [subscriber("one", "anna"), subscriber("two", "anna")];
    const first = subscriptions.add(one, "inbox://all", INBOX);
    subscriptions.drop(one);
    const second = subscriptions.add(two, "inbox://all", INBOX);

    gate.open?.();
    await Promise.all([first, second]);
    await settled();

    expect(following.asked).to.deep.equal(["+ mail inbox://all anna"]);
    subscriptions.updated(INBOX, { uri: "inbox://all" }, ["anna"]);
    expect(heard.map(([name]) => name)).to.deep.equal(["two"]);
  });
});
