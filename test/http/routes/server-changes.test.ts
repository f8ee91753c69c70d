import { expect } from "chai";

import { ServerEntry } from "../../../src/domain/server.ts";
import { RestGateway } from "../../support/rest-gateway.ts";

describe("REST: changes of servers", () => {
  let gateway: RestGateway;

  beforeEach(async () => {
    gateway = await RestGateway.start();
  });
  afterEach(() => gateway.close());

  describe("PATCH", () => {
    beforeEach(() =>
      gateway.add("weather", {}, { url: "https://weather.example.com/mcp", headers: { a: "1" } }),
    );

    it("merges, removes with null and makes a new version", async () => {
      const { status, body, headers } = await gateway.ask("PATCH", "/api/v1/servers/weather", {
        body: { headers: { a: null, b: "2" }, gateway: { tags: ["sky"] } },
      });

      expect(status).to.equal(200);
      expect(headers.get("etag")).to.equal('"2"');
      expect(body).to.nested.include({ version: 2, "headers.b": "***" });
      expect(gateway.registry.getServer("weather").entry).to.deep.include({ headers: { b: "2" } });
      expect(gateway.registry.getServer("weather").entry.gateway.tags).to.deep.equal(["sky"]);
    });

    it("takes the media type of a merge patch", async () => {
      const { status } = await gateway.ask("PATCH", "/api/v1/servers/weather", {
        body: { disabled: true },
        headers: { "content-type": "application/merge-patch+json" },
      });

      expect(status).to.equal(200);
      expect(gateway.registry.getServer("weather").entry.disabled).to.equal(true);
    });

    it("answers 412 when somebody else was faster", async () => {
      await gateway.ask("PATCH", "/api/v1/servers/weather", { body: { description: "first" } });

      const { status, body } = await gateway.ask("PATCH", "/api/v1/servers/weather", {
        body: { description: "second" },
        headers: { "if-match": '"1"' },
      });

      expect(status).to.equal(412);
      expect(body).to.nested.include({ code: "precondition_failed", "details.etag": '"2"' });
      expect(gateway.registry.getServer("weather").entry.description).to.equal("first");
    });

    it("lets one of two racing writers win, and tells the other with 412", async () => {
      const write = (description: string) =>
        gateway.ask("PATCH", "/api/v1/servers/weather", {
          body: { description },
          headers: { "if-match": '"1"' },
        });

      const answers = await Promise.all([write("first"), write("second")]);

      expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).to.deep.equal([200, 412]);
    });

    it("refuses what would not be a valid entry, and changes nothing", async () => {
      const { status, body } = await gateway.ask("PATCH", "/api/v1/servers/weather", {
        body: { url: "nowhere" },
      });

      expect(status).to.equal(400);
      expect(body).to.nested.include({ "errors[0].path": "url" });
      expect(gateway.registry.getServer("weather").version).to.equal(1);
    });

    it("does not rename", async () => {
      const { status } = await gateway.ask("PATCH", "/api/v1/servers/weather", { body: { name: "sky" } });

      expect(status).to.equal(400);
    });

    it("does not let an operator turn a URL into a command, or touch one", async () => {
      await gateway.add("files", {}, { command: "npx" });
      const toCommand = {
        body: { type: "stdio", url: null, headers: null, command: "sh" },
        as: "operator",
      } as const;
      const fromCommand = { body: { description: "mine" }, as: "operator" } as const;

      const answers = [
        await gateway.ask("PATCH", "/api/v1/servers/weather", toCommand),
        await gateway.ask("PATCH", "/api/v1/servers/files", fromCommand),
      ];

      expect(answers.map(({ status }) => status)).to.deep.equal([403, 403]);
    });

    it("lets a new URL lead as far as its writer may go, and nobody widen another's by the way", async () => {
      const egress = () => gateway.registry.getServer("weather").egress;
      const patch = (as: "operator" | "admin", body: unknown) =>
        gateway.ask("PATCH", "/api/v1/servers/weather", { as, body });
      const seen = [egress()];

      await patch("admin", { description: "still an operator's URL" });
      seen.push(egress());
      await patch("admin", { url: "http://10.0.0.1/mcp" });
      seen.push(egress());
      await patch("operator", { description: "still an administrator's URL" });
      seen.push(egress());
      await patch("operator", { url: "http://10.0.0.2/mcp" });
      seen.push(egress());

      expect(seen).to.deep.equal(["public", "public", "any", "any", "public"]);
    });

    it("does not pollute prototypes", async () => {
      const { status } = await gateway.ask("PATCH", "/api/v1/servers/weather", {
        body: '{"gateway":{"__proto__":{"trusted":true}}}',
      });

      expect(status).to.equal(400);
      expect(({} as { trusted?: unknown }).trusted).to.equal(undefined);
      expect(gateway.registry.getServer("weather").entry.gateway.trusted).to.equal(false);
    });
  });

  describe("GET and DELETE", () => {
    it("lists with pages, order and search", async () => {
      for (const name of ["alpha", "beta", "gamma"]) await gateway.add(name);

      const first = await gateway.ask("GET", "/api/v1/servers?limit=2&sort=-name");
      const second = await gateway.ask(
        "GET",
        `/api/v1/servers?limit=2&sort=-name&cursor=${String(first.body["next_cursor"])}`,
      );
      const found = await gateway.ask("GET", "/api/v1/servers?q=BET");

      const names = ({ body }: typeof first) => (body["items"] as { name: string }[]).map(({ name }) => name);
      expect([names(first), names(second), names(found)]).to.deep.equal([
        ["gamma", "beta"],
        ["alpha"],
        ["beta"],
      ]);
      expect(second.body["next_cursor"]).to.equal(null);
    });

    it("finds a server by name and by id", async () => {
      await gateway.add("alpha");
      const { id } = gateway.registry.getServer("alpha");

      const { body } = await gateway.ask("GET", `/api/v1/servers/${id}`);

      expect(body).to.include({ id, name: "alpha" });
    });

    it("removes", async () => {
      await gateway.add("alpha");

      const removed = await gateway.ask("DELETE", "/api/v1/servers/alpha");
      const after = await gateway.ask("GET", "/api/v1/servers/alpha");

      expect(removed.status).to.equal(204);
      expect(after.status).to.equal(404);
      expect(after.body).to.include({ code: "server_not_found" });
    });

    it("does not remove what was changed since it was read", async () => {
      await gateway.add("alpha");

      const { status } = await gateway.ask("DELETE", "/api/v1/servers/alpha", {
        headers: { "if-match": '"7"' },
      });

      expect(status).to.equal(412);
      expect(gateway.registry.findServer("alpha")).to.not.equal(undefined);
    });

    it("leaves what the config file owns to the config file", async () => {
      await gateway.registry.syncConfig({ fixed: ServerEntry.parse({ url: "http://x.example.com" }) });

      const removed = await gateway.ask("DELETE", "/api/v1/servers/fixed");
      const patched = await gateway.ask("PATCH", "/api/v1/servers/fixed", { body: { description: "mine" } });

      expect([removed.status, patched.status]).to.deep.equal([409, 409]);
      expect(removed.body).to.include({ code: "managed_by_config" });
    });
  });
});
