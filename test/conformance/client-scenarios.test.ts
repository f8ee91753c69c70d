import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

import { expect } from "chai";

import { type AskingClient, Heard } from "../support/asking-client.ts";
import type { Json } from "../support/mcp-clients.ts";
import { CLIENT_SCENARIOS, notRun, runScenario } from "./client-scenarios.ts";
import { REVISIONS, type Revision } from "./suite.ts";

/** The client scenarios that a revision names, scored or not. */
function namedBy(revision: Revision): readonly string[] {
  const manifest = createRequire(import.meta.url).resolve("@modelcontextprotocol/conformance/package.json");
  const text = readFileSync(join(dirname(manifest), `requirements/${revision}.yaml`), "utf8");
  const required = /^client:\n((?: {2}- .+\n)+)/m.exec(text)?.[1] ?? "";
  const others = text.matchAll(/- scenario: (\S+)\n {4}leg: client/g);
  return [
    ...[...required.matchAll(/- (\S+)/g)].map((match) => match[1] ?? ""),
    ...[...others].map((match) => match[1] ?? ""),
  ];
}

/** Remembers what it is asked to do. */
class Scripted implements AskingClient {
  readonly era = "2026";
  readonly capabilities = {};
  readonly heard = new Heard();
  readonly calls: string[] = [];
  readonly #tools: readonly Json[];

  constructor(tools: readonly Json[]) {
    this.#tools = tools;
  }

  request = (method: string, params: Json = {}): Promise<Json> => {
    this.calls.push(`${method} ${String(params["uri"] ?? params["name"])}`);
    return Promise.resolve({});
  };
  callTool = (name: string, args: Json): Promise<Json> => {
    this.calls.push(`${name} ${JSON.stringify(args)}`);
    return Promise.resolve({});
  };
  list = (list: string): Promise<readonly Json[]> => {
    if (list === "tools") return Promise.resolve(this.#tools);
    return Promise.resolve(list === "resources" ? [{ uri: "file:///a" }] : [{ name: "greet" }]);
  };
  tools = (): Promise<readonly Json[]> => Promise.resolve(this.#tools.slice(0, 1));
  pages = (): Promise<readonly (readonly Json[])[]> => Promise.resolve([this.#tools]);
  setLevel = (): Promise<void> => Promise.resolve();
  follow = (): Promise<() => Promise<void>> => Promise.resolve(() => Promise.resolve());
  close = (): Promise<void> => Promise.resolve();
}

const BEHIND = { isBehindGateway: true };
const TOOLS: readonly Json[] = ["good", "bad"].map((name) => ({
  name,
  inputSchema: { type: "object", properties: { region: { type: "string" } } },
}));

describe("the client scenarios of the conformance suite", () => {
  for (const revision of REVISIONS) {
    it(`are all run for ${revision}, or there is a reason why not`, () => {
      const silent = namedBy(revision).filter(
        (scenario) => !CLIENT_SCENARIOS[revision].includes(scenario) && notRun(scenario) === undefined,
      );

      expect(namedBy(revision)).to.have.length.above(15);
      expect(silent).to.deep.equal([]);
      expect(CLIENT_SCENARIOS[revision].filter((scenario) => notRun(scenario) !== undefined)).to.deep.equal(
        [],
      );
    });
  }

  it("call every tool, read every resource and get every prompt where headers are looked at", async () => {
    const client = new Scripted(TOOLS);

    await runScenario("http-standard-headers", client, {}, BEHIND);

    expect(client.calls).to.deep.equal([
      "good {}",
      "bad {}",
      "resources/read file:///a",
      "prompts/get greet",
    ]);
  });

  it("call what the gateway shows when it is the one to leave out bad tools, and what the SDK shows otherwise", async () => {
    const [through, direct] = [new Scripted(TOOLS), new Scripted(TOOLS)];

    await runScenario("http-invalid-tool-headers", through, {}, BEHIND);
    await runScenario("http-invalid-tool-headers", direct, {}, { isBehindGateway: false });

    expect(through.calls).to.deep.equal(['good {"region":"value"}', 'bad {"region":"value"}']);
    expect(direct.calls).to.deep.equal(['good {"region":"value"}']);
  });

  it("make the calls that the suite names", async () => {
    const client = new Scripted(TOOLS);
    const toolCalls = [{ name: "good", arguments: { region: "a" } }];

    await runScenario("http-custom-headers", client, { toolCalls }, BEHIND);

    expect(client.calls).to.deep.equal(['good {"region":"a"}']);
  });

  it("are known by their names", async () => {
    const failed: unknown = await runScenario("nothing", new Scripted([]), {}, BEHIND).catch(
      (error: unknown) => error,
    );

    expect(failed).to.be.an("error").with.property("message", 'no drive for the scenario "nothing"');
  });
});
