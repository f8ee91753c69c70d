import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { expect } from "chai";

import { type Gateway, startGateway } from "../support/gateway.ts";
import {
  CAPABLE,
  CLIENT_KINDS,
  type Command,
  type Json,
  type ListName,
  type TestClient,
  connectSse,
  connectStdio,
  connectV1,
} from "../support/mcp-clients.ts";
import { proves } from "../support/proves.ts";
import {
  type RemoteUpstream,
  everythingCommand,
  filesystemCommand,
  memoryCommand,
  startEverything,
} from "../support/real-upstreams.ts";
import { comparable, expectSameEntries } from "./comparable.ts";
import {
  EVERYTHING_CALLS,
  MEMORY_CALLS,
  NOT_CALLED,
  PROMPT_ARGUMENTS,
  TEMPLATE_READS,
  type ToolCall,
  fileCalls,
  prepareFolder,
} from "./tool-calls.ts";

const SERVERS = ["everything", "everything-http", "everything-sse", "files", "memory"] as const;
type ServerName = (typeof SERVERS)[number];

/** The field that names an entry of a list, and what the gateway makes of it on the endpoint of all servers. */
const LISTS: Readonly<Record<ListName, string>> = {
  tools: "name",
  prompts: "name",
  resources: "uri",
  resourceTemplates: "uriTemplate",
};

async function offerOf(client: TestClient): Promise<Record<ListName, readonly Json[]>> {
  const listed = async (list: ListName): Promise<[ListName, readonly Json[]]> => {
    const capability = list === "resourceTemplates" ? "resources" : list;
    return [list, capability in client.capabilities ? withoutSessionOnes(await client.list(list)) : []];
  };
  const lists = Object.keys(LISTS) as ListName[];
  return Object.fromEntries(await Promise.all(lists.map(listed))) as Record<ListName, readonly Json[]>;
}

/** One tool of server-everything adds a resource to the session that called it; the next client need not see it. */
function withoutSessionOnes(entries: readonly Json[]): readonly Json[] {
  return entries.filter(({ uri }) => typeof uri !== "string" || !uri.includes("demo://resource/session/"));
}

/** The 2026 revision knows no `execution`, and its clients drop it. */
function inEra(era: "2025" | "2026", entry: Json): Json {
  const { execution: _, ...known } = entry;
  return era === "2025" ? entry : known;
}

function configEntry({ command, args, env }: Command): Json {
  return { command, args, ...(env && { env }) };
}

describe("real servers behind one gateway", function () {
  this.timeout(60_000);

  let root: string;
  let http: RemoteUpstream;
  let sse: RemoteUpstream;
  let gateway: Gateway;
  let direct: Record<ServerName, TestClient>;
  /** What each server itself offers, before anybody has called it. */
  let offered: Record<ServerName, Record<ListName, readonly Json[]>>;

  before(async () => {
    root = mkdtempSync(join(tmpdir(), "switchgear-files-"));
    [http, sse] = await Promise.all([startEverything("streamableHttp"), startEverything("sse")]);
    gateway = await startGateway({
      mcpServers: {
        everything: configEntry(everythingCommand()),
        "everything-http": { type: "http", url: http.url },
        "everything-sse": { type: "sse", url: sse.url },
        files: configEntry(filesystemCommand(root)),
        memory: configEntry(memoryCommand(join(root, "gateway-memory.jsonl"))),
      },
      gateway: { mode: "full", startup: { grace: "20s" } },
      env: { A_SECRET_OF_THE_GATEWAY: "must not reach an upstream" },
    });
    direct = {
      everything: await connectStdio(everythingCommand(), CAPABLE),
      "everything-http": await connectV1(http.url, {}, CAPABLE),
      "everything-sse": await connectSse(sse.url, CAPABLE),
      files: await connectStdio(filesystemCommand(root)),
      memory: await connectStdio(memoryCommand(join(root, "direct-memory.jsonl"))),
    };
    const offers = SERVERS.map(async (server) => [server, await offerOf(direct[server])] as const);
    offered = Object.fromEntries(await Promise.all(offers)) as typeof offered;
  });

  after(async () => {
    await Promise.all(Object.values(direct ?? {}).map((client) => client.close()));
    const stopped = await gateway?.stop();
    await Promise.all([http?.stop(), sse?.stop()]);
    rmSync(root, { recursive: true, force: true });

    expect(stopped, "what the gateway left behind").to.deep.equal({ code: 0, left: [] });
  });

  /** How entries of a server are called on the endpoint of all servers: three servers share their URIs, so those are wrapped. */
  function publicName(server: ServerName, list: ListName, name: string): string {
    if (list === "tools" || list === "prompts") return `${server}__${name}`;
    return server.startsWith("everything") ? `switchgear://${server}/${name}` : name;
  }

  function callsOf(server: ServerName, folder: string): readonly ToolCall[] {
    if (server === "files") return fileCalls(folder);
    return server === "memory" ? MEMORY_CALLS : EVERYTHING_CALLS;
  }

  it("has a call for every tool of theirs, or a reason why not", () => {
    for (const server of SERVERS) {
      const tools = offered[server].tools.map((tool) => String(tool["name"]));
      const called = new Set(callsOf(server, root).map((call) => call.tool));

      expect(tools.filter((tool) => !called.has(tool) && !(tool in NOT_CALLED))).to.deep.equal([]);
    }
  });

  for (const kind of CLIENT_KINDS) {
    describe(`seen by ${kind.title}`, () => {
      let client: TestClient;

      before(async () => {
        client = await kind.connect(gateway);
      });

      after(() => client?.close());

      for (const [list, key] of Object.entries(LISTS) as [ListName, string][]) {
        it(`lists all ${list} of all servers, unchanged but for their ${key}`, async () => {
          const listed = withoutSessionOnes(await client.list(list));

          const expected: Json[] = [];
          for (const server of SERVERS) {
            for (const entry of offered[server][list]) {
              expected.push({ ...entry, [key]: publicName(server, list, String(entry[key])) });
            }
          }
          expectSameEntries(
            listed,
            expected.map((entry) => inEra(kind.era, entry)),
            key,
          );
        });
      }

      for (const server of SERVERS) {
        it(`calls every tool of "${server}" with the answers of the server itself`, async () => {
          proves("call.answer");
          const ownFolder = join(root, "direct");
          const folder = join(root, "through");
          [ownFolder, folder].forEach(prepareFolder);
          const expected = callsOf(server, ownFolder);

          for (const [index, call] of callsOf(server, folder).entries()) {
            const answer = await client.callTool(publicName(server, "tools", call.tool), call.args);
            const own = await direct[server].callTool(call.tool, expected[index]?.args ?? {});

            if (call.varies) expect(answer["content"], call.tool).to.have.length.above(0);
            else expect(comparable(answer, folder), call.tool).to.deep.equal(comparable(own, ownFolder));
          }
        });
      }

      it("gets every prompt", async () => {
        for (const server of SERVERS) {
          for (const { name } of offered[server].prompts) {
            const args = PROMPT_ARGUMENTS[String(name)] ?? {};
            const answer = await client.getPrompt(publicName(server, "prompts", String(name)), args);

            expect(comparable(answer)).to.deep.equal(
              comparable(await direct[server].getPrompt(String(name), args)),
            );
          }
        }
      });

      it("reads every resource, and those that a template leads to", async () => {
        for (const server of SERVERS) {
          const { resources, resourceTemplates } = offered[server];
          const listed = resources.map((resource) => String(resource["uri"]));
          for (const uri of resourceTemplates.length > 0 ? [...listed, ...TEMPLATE_READS] : listed) {
            const answer = await client.readResource(publicName(server, "resources", uri));

            expect(comparable(answer), uri).to.deep.equal(comparable(await direct[server].readResource(uri)));
          }
        }
      });

      for (const server of SERVERS) {
        it(`serves "${server}" alone under its own names`, async () => {
          const single = await kind.connect(gateway, server);
          try {
            const seen = await offerOf(single);

            for (const [list, key] of Object.entries(LISTS) as [ListName, string][]) {
              expectSameEntries(
                seen[list],
                offered[server][list].map((entry) => inEra(kind.era, entry)),
                key,
              );
            }
          } finally {
            await single.close();
          }
        });
      }
    });
  }

  it("keeps the gateway's own environment from its children", async () => {
    const client = await connectV1(gateway.endpoint("everything"), gateway.headers);

    const answer = await client.callTool("get-env", {});

    await client.close();
    expect(JSON.stringify(answer)).to.contain("PATH").and.not.contain("A_SECRET_OF_THE_GATEWAY");
  });
});
