import { expect } from "chai";

import { GatewayError } from "../../src/domain/errors.ts";
import type { JsonObject } from "../../src/domain/json.ts";
import { FollowedResources } from "../../src/upstream/followed-resources.ts";
import { Reply } from "../../src/wire/reply.ts";
import { rejection } from "../support/refusal.ts";
import { NEVER } from "./mcp-upstream.ts";

const tick = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const OK = Reply.of("result", {}, "2025");
const NO = Reply.of("error", { code: -32602, message: "Unknown resource" }, "2025");

describe("FollowedResources", () => {
  let asked: (readonly [string, JsonObject])[];
  let answer: (method: string) => Promise<Reply>;
  let followed: FollowedResources;

  beforeEach(() => {
    asked = [];
    answer = async () => OK;
    followed = new FollowedResources((method, params) => {
      asked.push([method, params]);
      return answer(method);
    });
  });
  const methods = (): string[] => asked.map(([method]) => method);

  it("subscribes, and gives the upstream's answer", async () => {
    const reply = await followed.follow("a://1", NEVER());

    expect(reply).to.equal(OK);
    expect(asked).to.deep.equal([["resources/subscribe", { uri: "a://1" }]]);
    expect([...followed.uris]).to.deep.equal(["a://1"]);
  });

  it("does not follow what the upstream refuses", async () => {
    answer = async () => NO;

    expect(await followed.follow("a://1", NEVER())).to.equal(NO);
    followed.unfollow("a://1");

    expect([...followed.uris]).to.deep.equal([]);
    expect(methods()).to.deep.equal(["resources/subscribe"]);
  });

  it("does not follow what could not be asked", async () => {
    answer = () => Promise.reject(new GatewayError("cancelled", "Given up."));

    expect((await rejection(() => followed.follow("a://1", NEVER()))).code).to.equal("cancelled");
    expect([...followed.uris]).to.deep.equal([]);
  });

  it("unsubscribes once, and does not mind what becomes of it", async () => {
    await followed.follow("a://1", NEVER());
    answer = () => Promise.reject(new GatewayError("cancelled", "Given up."));

    followed.unfollow("a://1");
    followed.unfollow("a://1");
    followed.unfollow("a://never");
    await tick();

    expect(methods()).to.deep.equal(["resources/subscribe", "resources/unsubscribe"]);
  });

  it("unsubscribes after all when it was given up before the upstream had agreed", async () => {
    const answers: ((reply: Reply) => void)[] = [];
    answer = () => new Promise((resolve) => answers.push(resolve));
    const following = followed.follow("a://1", NEVER());

    followed.unfollow("a://1");
    answers[0]?.(OK);
    await following;

    expect(methods().filter((method) => method === "resources/unsubscribe")).to.have.length(2);
    expect([...followed.uris]).to.deep.equal([]);
  });

  it("subscribes anew, and reports that something may have been missed", async () => {
    await followed.follow("a://1", NEVER());
    await followed.follow("a://2", NEVER());
    asked = [];
    const missed: string[] = [];

    followed.renew((uri) => missed.push(uri));
    await tick();

    expect(asked.map(([, { uri }]) => uri)).to.deep.equal(["a://1", "a://2"]);
    expect(missed).to.deep.equal(["a://1", "a://2"]);
  });

  it("tries again next time when it could not subscribe anew", async () => {
    await followed.follow("a://1", NEVER());
    answer = () => Promise.reject(new GatewayError("cancelled", "Given up."));
    followed.renew(() => undefined);
    await tick();
    answer = async () => OK;
    const missed: string[] = [];

    followed.renew((uri) => missed.push(uri));
    await tick();

    expect(missed).to.deep.equal(["a://1"]);
  });
});
