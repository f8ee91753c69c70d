import { expect } from "chai";

import type { Role } from "../../src/domain/identity.ts";
import type { Explanation, Place } from "../../src/listing/listing.ts";
import { aTool } from "../support/open-registry.ts";
import { ListingLab, viewpoint } from "./listing-lab.ts";

const PROFILES = {
  reader: { tools: { allow: ["get_*"] } },
  zoo: { servers: ["zoo"] },
  g: { schema: "gemini" },
};
const READER: Place = { kind: "profile", profile: "reader" };

function aLab(settings: ConstructorParameters<typeof ListingLab>[0] = {}): ListingLab {
  const lab = new ListingLab(settings, PROFILES);
  lab.offer(
    "mail",
    {
      tools: [aTool("get_mail"), aTool("send"), aTool("purge"), aTool("hidden")],
      quarantined: [{ tool: "broken", reason: "its inputSchema is not an object" }],
    },
    { gateway: { tools: { deny: ["purge", "hidden"] } } },
  );
  lab.offer("zoo", { tools: [aTool("feed")] });
  lab.offer("off", { tools: [aTool("sleep")] }, { disabled: true });
  lab.register("never");
  return lab;
}

const failedOf = ({ checks }: Explanation) => checks.filter(({ passed }) => !passed).map(({ code }) => code);

describe("an explanation", () => {
  it("passes every check in order for a tool that can be called", () => {
    const { checks, ...rest } = aLab().explainer.explain("mail__send", viewpoint());

    expect(rest).to.deep.equal({
      tool: "mail__send",
      id: "mail__send",
      server: "mail",
      visible: true,
      listed: true,
      callable: true,
      reason: "ok",
      nearest: [],
    });
    expect(checks.map(({ check }) => check)).to.deep.equal([
      "known",
      "server",
      "definition",
      "server_filter",
      "role",
      "upstream",
      "schema",
      "listed",
    ]);
    expect(checks.every(({ passed }) => passed)).to.equal(true);
  });

  it("finds a tool by a name that only one server has", () => {
    expect(aLab().explainer.explain("feed", viewpoint())).to.include({ id: "zoo__feed", callable: true });
  });

  it("names what is near to an unknown tool", () => {
    const told = aLab().explainer.explain("mail__sent_mail", viewpoint());

    expect(told).to.include({ visible: false, callable: false, reason: "unknown_tool" });
    expect(told.nearest).to.include("mail__get_mail");
    expect(told.checks[0]?.summary).to.include("Did you mean");
  });

  it("takes no name for a pattern", () => {
    expect(aLab().explainer.explain("/(a+)+$/", viewpoint()).reason).to.equal("unknown_tool");
  });

  it("says which role is needed", () => {
    const told = aLab().explainer.explain("mail__send", viewpoint("viewer"));

    expect(told).to.include({ visible: true, listed: true, callable: false, reason: "role_too_low" });
    expect(told.checks.find(({ check }) => check === "role")?.fix?.command).to.include("--role user");
  });

  it("gives the reason for a quarantined definition to everybody who may see the server", () => {
    for (const name of ["mail__broken", "broken"]) {
      const told = aLab().explainer.explain(name, viewpoint("viewer"));

      expect(told, name).to.include({
        id: "mail__broken",
        visible: false,
        callable: false,
        reason: "quarantined",
      });
      expect(told.checks.find(({ code }) => code === "quarantined")?.summary).to.include("not an object");
    }
  });

  it("tells since when an upstream is down, why, and what to do", () => {
    const lab = aLab();
    lab.fail("zoo");

    const told = lab.explainer.explain("zoo__feed", viewpoint());

    expect(told).to.include({ visible: true, callable: false, reason: "upstream_unavailable" });
    expect(told.checks.find(({ check }) => check === "upstream")).to.deep.equal({
      check: "upstream",
      passed: false,
      code: "upstream_unavailable",
      summary: "The connection was refused.",
      since: "2026-03-01T10:00:00.000Z",
      fix: { label: "Start it", command: "systemctl start it" },
    });
  });

  it("does not take a server that is only unwell for one that is down", () => {
    const lab = aLab();
    lab.feel("mail", { level: "degraded", code: "tools_quarantined", summary: "One is left out." });

    const told = lab.explainer.explain("mail__send", viewpoint());

    expect(told.callable).to.equal(true);
    expect(told.checks.find(({ check }) => check === "upstream")).to.include({
      passed: true,
      code: "degraded",
    });
  });

  it("tells that a list does not show what can be called all the same", () => {
    const lab = aLab({ mode: "hybrid", pinned: ["zoo__feed"] });

    expect(lab.explainer.explain("mail__send", viewpoint())).to.include({
      visible: true,
      listed: false,
      callable: true,
      reason: "ok",
    });
    expect(failedOf(lab.explainer.explain("mail__send", viewpoint()))).to.deep.equal(["hidden_by_mode"]);
    expect(lab.explainer.explain("zoo__feed", viewpoint())).to.include({ listed: true });
  });

  it("minds the client, where the list depends on it", () => {
    const lab = new ListingLab();
    lab.offerMany("many", 100);
    const listed = (client?: string) =>
      lab.explainer.explain("many__tool_1", { ...viewpoint(), client }).listed;

    expect([listed(), listed("claude-code")]).to.deep.equal([false, true]);
  });

  it("says in which words the schema is shown", () => {
    const lab = aLab();
    const draft = { type: "object", $schema: "http://json-schema.org/draft-07/schema#" };
    lab.offer("old", { tools: [aTool("x", { inputSchema: draft })] });
    const codeAt = (tool: string, place?: Place) =>
      lab.explainer.explain(tool, viewpoint("user", place)).checks.find(({ check }) => check === "schema")
        ?.code;

    expect(codeAt("mail__send")).to.equal("schema_verbatim");
    expect(codeAt("old__x")).to.equal("schema_other_draft");
    expect(codeAt("mail__send", { kind: "profile", profile: "g" })).to.equal("schema_rewritten");
  });

  it("knows a server's tools by their own names at its endpoint, and no others", () => {
    const at = (server: string): Place => ({ kind: "server", server });
    const { explainer } = aLab();

    expect(explainer.explain("feed", viewpoint("user", at("zoo")))).to.include({
      id: "zoo__feed",
      callable: true,
    });
    expect(explainer.explain("feed", viewpoint("admin", at("mail"))).reason).to.equal("unknown_tool");
    expect(explainer.explain("broken", viewpoint("user", at("mail"))).reason).to.equal("quarantined");
  });

  it("says of a server that was never reached why its tools are not known", () => {
    const lab = aLab();
    lab.fail("never");

    const told = lab.explainer.explain("never__anything", viewpoint("viewer"));

    expect(told.reason).to.equal("unknown_tool");
    expect(failedOf(told)).to.deep.equal(["unknown_tool", "upstream_unavailable"]);
    const elsewhere = viewpoint("viewer", { kind: "profile", profile: "zoo" });
    expect(failedOf(lab.explainer.explain("never__anything", elsewhere))).to.deep.equal(["unknown_tool"]);
  });
});

describe("an explanation of what is hidden", () => {
  const hidden: readonly (readonly [string, string, Place?])[] = [
    ["off__sleep", "server_disabled"],
    ["mail__purge", "denied_by_server"],
    ["mail__send", "not_in_profile", READER],
    ["mail__broken", "not_in_profile", READER],
  ];

  for (const [tool, code, place] of hidden) {
    it(`gives operators the reason ${code} for ${tool}, and nobody else`, () => {
      const { explainer } = aLab();
      const told = (role: Role) => explainer.explain(tool, viewpoint(role, place));

      for (const role of ["operator", "admin"] as const) expect(failedOf(told(role))).to.include(code);
      for (const role of ["viewer", "user"] as const) {
        const { checks, id, server, reason } = told(role);
        expect({ checks: checks.length, id, server, reason }).to.deep.equal({
          checks: 1,
          id: undefined,
          server: undefined,
          reason: "unknown_tool",
        });
      }
    });
  }

  it("reads like that of a tool that never was", () => {
    const { explainer } = aLab();
    const told = (name: string) => JSON.stringify(explainer.explain(name, viewpoint())).replaceAll(name, "?");

    expect(told("mail__purge")).to.equal(told("mail__nosuc"));
    expect(told("off__sleep")).to.equal(told("off__snore"));
  });

  it("never names a hidden tool as near to another", () => {
    const { explainer } = aLab();

    const told = explainer.explain("get_hidden_feed", viewpoint("user", READER));

    expect(told.nearest).to.deep.equal(["mail__get_mail"]);
  });

  it("has a truth for those who may ask through another's eyes", () => {
    const { explainer } = aLab();

    const { reason } = explainer.truth("mail__purge", viewpoint("viewer"));

    expect(reason).to.equal("denied_by_server");
    expect(explainer.asSeen("mail__purge", viewpoint("admin")).reason).to.equal("unknown_tool");
  });

  it("tells what is not allowed from what is denied", () => {
    const lab = new ListingLab();
    lab.offer("a", { tools: [aTool("x"), aTool("y")] }, { gateway: { tools: { allow: ["x"] } } });

    const { checks } = lab.explainer.truth("a__y", viewpoint("admin"));

    expect(checks.find(({ check }) => check === "server_filter")?.fix?.label).to.include(
      "gateway.tools.allow",
    );
  });
});
