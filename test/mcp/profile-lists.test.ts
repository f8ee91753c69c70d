import { expect } from "chai";

import { EMPTY_OFFERING, type Offering } from "../../src/domain/offering.ts";
import { Profile } from "../../src/domain/profile.ts";
import { EventBus } from "../../src/events/events.ts";
import { Endpoints } from "../../src/mcp/endpoint.ts";
import { News } from "../../src/mcp/news.ts";
import { ProfileLists } from "../../src/mcp/profile-lists.ts";
import { buildPart } from "../../src/registry/catalog-part.ts";
import { Catalog } from "../../src/registry/catalog.ts";
import { Profiles } from "../../src/registry/profiles.ts";
import { aServer, aTool } from "../support/open-registry.ts";

/** A catalog that changes, and what the profiles make of it. */
class Lists {
  catalog = Catalog.empty;
  readonly profiles: Profiles;

  constructor(profiles: Readonly<Record<string, object>>) {
    const parsed = Object.entries(profiles).map(([name, profile]) => [name, Profile.parse(profile)] as const);
    this.profiles = new Profiles({ profiles: Object.fromEntries(parsed), catalog: () => this.catalog });
  }

  offer(server: string, offering: Partial<Offering>): void {
    const part = buildPart(aServer(server), { ...EMPTY_OFFERING, ...offering }, this.catalog.part(server));
    this.catalog = this.catalog.with(new Map([[server, part]]));
  }
}

const PROFILES = {
  mail: { servers: ["mail"] },
  getters: { tools: { allow: ["get_*"] } },
  short: { servers: ["mail", "zoo"], names: "short" },
};

describe("ProfileLists", () => {
  const changesIn = (lists: ProfileLists) =>
    Object.fromEntries([...lists.takeChanges()].map(([name, kinds]) => [name, [...kinds]]));
  const start = () => {
    const lists = new Lists(PROFILES);
    lists.offer("mail", {
      tools: [aTool("get_mail"), aTool("send")],
      resources: [{ uri: "x://1", name: "1" }],
    });
    lists.offer("zoo", { tools: [aTool("feed")] });
    const watched = new ProfileLists(lists.profiles);
    for (const name of Object.keys(PROFILES)) watched.watch(name);
    return { lists, watched };
  };

  it("knows of no change at first, nor when nothing changed", () => {
    const { lists, watched } = start();

    expect(changesIn(watched)).to.deep.equal({ mail: [], getters: [], short: [] });
    lists.offer("zoo", { tools: [aTool("feed")] });
    expect(changesIn(watched)).to.deep.equal({ mail: [], getters: [], short: [] });
  });

  it("tells of a change where the profile shows it, once", () => {
    const { lists, watched } = start();

    lists.offer("zoo", { tools: [aTool("feed"), aTool("clean")] });

    expect(changesIn(watched)).to.deep.equal({ mail: [], getters: [], short: ["tools"] });
    expect(changesIn(watched)).to.deep.equal({ mail: [], getters: [], short: [] });
  });

  it("tells of a tool that is named otherwise because of another server's", () => {
    const { lists, watched } = start();

    lists.offer("other", { tools: [aTool("send")] });
    expect(changesIn(watched)["short"], "not of this profile").to.deep.equal([]);
    lists.offer("zoo", { tools: [aTool("feed"), aTool("send")] });
    expect(changesIn(watched)["short"]).to.deep.equal(["tools"]);
  });

  it("tells of a resource whose URI now means two servers', also when the other is not shown", () => {
    const { lists, watched } = start();

    lists.offer("zoo", { tools: [aTool("feed")], resources: [{ uri: "x://1", name: "mine" }] });

    expect(changesIn(watched)["mail"]).to.deep.equal(["resources"]);
  });

  it("tells of prompts and templates", () => {
    const { lists, watched } = start();

    lists.offer("mail", {
      tools: [aTool("get_mail"), aTool("send")],
      resources: [{ uri: "x://1", name: "1" }],
      resourceTemplates: [{ uriTemplate: "x://{n}", name: "n" }],
      prompts: [{ name: "reply" }],
    });

    expect(changesIn(watched)["mail"]).to.deep.equal(["resources", "prompts"].sort().toReversed());
    expect(changesIn(watched)["mail"]).to.deep.equal([]);
  });

  it("does not look at profiles that nobody watches, or that are not there", () => {
    const lists = new Lists(PROFILES);
    const watched = new ProfileLists(lists.profiles);

    watched.watch("nothing");

    expect(watched.takeChanges().size).to.equal(0);
    expect(new ProfileLists(undefined).takeChanges().size).to.equal(0);
  });
});

describe("News of profiles", () => {
  it("reach those who listen to a profile that shows the change", async () => {
    const lists = new Lists(PROFILES);
    lists.offer("mail", { tools: [aTool("send")] });
    const events = new EventBus();
    const news = new News({ events, profiles: lists.profiles });
    const endpoints = new Endpoints(lists.profiles);
    const heard: string[] = [];
    for (const path of ["/mcp", "/mcp/s/mail", "/mcp/p/mail", "/mcp/p/getters", "/mcp/p/short"]) {
      const endpoint = endpoints.ofUrl(path) ?? expect.fail(path);
      news.listen({
        endpoint,
        reader: { client: undefined, calls: true },
        onChanged: (list) => heard.push(`${path} ${list}`),
        onClosed: () => {},
      });
    }

    lists.offer("mail", { tools: [aTool("send"), aTool("read")] });
    events.publish({
      kind: "offering-changed",
      server: "mail",
      tools: true,
      resources: false,
      prompts: false,
    });
    await new Promise((resolve) => setTimeout(resolve, 80));
    news.close();

    expect(heard).to.deep.equal([
      "/mcp tools",
      "/mcp/s/mail tools",
      "/mcp/p/mail tools",
      "/mcp/p/short tools",
    ]);
  });

  it("do not tell a new listener of what happened before it came", async () => {
    const lists = new Lists(PROFILES);
    const events = new EventBus();
    const news = new News({ events, profiles: lists.profiles });
    const endpoint = new Endpoints(lists.profiles).ofUrl("/mcp/p/mail") ?? expect.fail();
    const heard: string[] = [];
    const listen = (name: string) =>
      news.listen({
        endpoint,
        reader: { client: undefined, calls: true },
        onChanged: (list) => heard.push(`${name} ${list}`),
        onClosed: () => {},
      });

    listen("early");
    lists.offer("mail", { tools: [aTool("send")] });
    events.publish({
      kind: "offering-changed",
      server: "mail",
      tools: true,
      resources: false,
      prompts: false,
    });
    listen("late");
    await new Promise((resolve) => setTimeout(resolve, 80));
    news.close();

    expect(heard).to.deep.equal(["early tools"]);
  });
});
