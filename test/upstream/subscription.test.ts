import { expect } from "chai";

import type { SubscriptionEnd } from "../../src/upstream/subscription.ts";
import { Subscription, withoutSubscription } from "../../src/upstream/subscription.ts";
import { Reply } from "../../src/wire/reply.ts";

const REFUSED = {
  failure: Reply.of("error", { code: -32601, message: "Method not found" }, "2026"),
  final: true,
};
const acknowledging = (...resourceSubscriptions: string[]) => ({ notifications: { resourceSubscriptions } });

describe("Subscription", () => {
  let wanted: Set<string>;
  let acknowledged: boolean[];
  let failed: SubscriptionEnd[];
  let subscription: Subscription;

  beforeEach(() => {
    [wanted, acknowledged, failed] = [new Set(["a://1"]), [], []];
    subscription = new Subscription({
      lists: ["prompts"],
      wanted: () => wanted,
      onAcknowledged: (again) => acknowledged.push(again),
      onFailed: (end) => failed.push(end),
    });
  });

  it("asks in every attempt for what is wanted then", () => {
    const first = subscription.begin();
    wanted.add("a://2");
    const second = subscription.begin();
    wanted.clear();
    const third = subscription.begin();

    expect([first, second, third].map((params) => params["notifications"])).to.deep.equal([
      { promptsListChanged: true, resourceSubscriptions: ["a://1"] },
      { promptsListChanged: true, resourceSubscriptions: ["a://1", "a://2"] },
      { promptsListChanged: true },
    ]);
  });

  it("honours what was asked for and acknowledged, and nothing else", () => {
    subscription.begin();

    subscription.acknowledged(acknowledging("a://1", "a://other"));

    expect(["a://1", "a://other"].map((uri) => subscription.honours(uri))).to.deep.equal([true, false]);
    expect(subscription.asks("a://1")).to.equal(true);
  });

  for (const params of [{}, { notifications: null }, { notifications: { resourceSubscriptions: "a://1" } }]) {
    it(`honours nothing after ${JSON.stringify(params)}`, () => {
      subscription.begin();

      subscription.acknowledged(params);

      expect(subscription.honours("a://1")).to.equal(false);
      expect(acknowledged).to.deep.equal([false]);
    });
  }

  it("is acknowledged once in every attempt", () => {
    for (let attempt = 0; attempt < 2; attempt++) {
      subscription.begin();
      subscription.acknowledged(acknowledging("a://1"));
      subscription.acknowledged(acknowledging());
    }

    expect(acknowledged).to.deep.equal([false, true]);
    expect(subscription.honours("a://1")).to.equal(true);
  });

  it("fails when an attempt ends that was not acknowledged, and honours nothing after any end", () => {
    subscription.begin();
    subscription.acknowledged(acknowledging("a://1"));
    subscription.ended(REFUSED);
    expect(failed).to.deep.equal([]);
    expect(subscription.honours("a://1")).to.equal(false);

    subscription.begin();
    subscription.ended(REFUSED);

    expect(failed).to.deep.equal([REFUSED]);
    expect(subscription.failed).to.equal(true);
    subscription.begin();
    expect(subscription.failed).to.equal(false);
  });

  it("suits what it asks for, as long as it honours nothing that is not wanted any more", () => {
    wanted.add("a://2");
    subscription.begin();
    subscription.acknowledged(acknowledging("a://1"));

    expect(subscription.suits(new Set(["a://1", "a://2"]))).to.equal(true);
    expect(subscription.suits(new Set(["a://1"]))).to.equal(true);
    expect(subscription.suits(new Set(["a://2"]))).to.equal(false);
    expect(subscription.suits(new Set(["a://1", "a://3"]))).to.equal(false);
  });
});

describe("withoutSubscription", () => {
  const ID = "io.modelcontextprotocol/subscriptionId";

  it("takes out the id of the gateway's own subscription, and nothing else", () => {
    expect(withoutSubscription({ uri: "a://1", _meta: { [ID]: 5, trace: "x" } })).to.deep.equal({
      uri: "a://1",
      _meta: { trace: "x" },
    });
    expect(JSON.stringify(withoutSubscription({ uri: "a://1", _meta: { [ID]: 5 } }))).to.equal(
      '{"uri":"a://1"}',
    );
  });

  it("leaves params without one as they are", () => {
    const params = { uri: "a://1", _meta: { trace: "x" } };

    expect(withoutSubscription(params)).to.equal(params);
    expect(withoutSubscription({})).to.deep.equal({});
  });
});
