import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { CallToolResultSchema, ElicitRequestSchema } from "@modelcontextprotocol/sdk/types.js";
import { expect } from "chai";

import { type Gateway, startGateway } from "../support/gateway.ts";
import { everythingCommand, type RemoteUpstream, startEverything } from "../support/real-upstreams.ts";

const TOOL = "simulate-research-query";

interface Seen {
  readonly ids: Set<string>;
  readonly statuses: string[];
  readonly result: string;
}

/** The SDK's own way with a task: create, poll, fetch the result. */
async function research(client: Client, name: string, args: Record<string, unknown>): Promise<Seen> {
  const ids = new Set<string>();
  const statuses: string[] = [];
  let result = "";
  const params = { name, arguments: args };
  const options = { task: { ttl: 60_000 }, timeout: 30_000 };
  for await (const message of client.experimental.tasks.callToolStream(
    params,
    CallToolResultSchema,
    options,
  )) {
    if (message.type === "error") throw message.error;
    if (message.type === "result") result = JSON.stringify(message.result);
    else {
      ids.add(message.task.taskId);
      statuses.push(message.task.status);
    }
  }
  return { ids, statuses, result };
}

describe("tasks of a real server", function () {
  this.timeout(60_000);

  let remote: RemoteUpstream;
  let gateway: Gateway;
  const clients: Client[] = [];

  before(async () => {
    remote = await startEverything("streamableHttp");
    const { command, args } = everythingCommand();
    gateway = await startGateway({
      mcpServers: { piped: { command, args }, remote: { type: "http", url: remote.url } },
      gateway: { startup: { grace: "20s" } },
    });
  });
  after(async () => {
    await Promise.all(clients.map((client) => client.close()));
    await gateway?.stop();
    await remote?.stop();
  });

  const connect = async (server?: string, answer?: string): Promise<Client> => {
    const capabilities = answer === undefined ? {} : { elicitation: { form: {} } };
    const client = new Client({ name: "tasks-e2e", version: "1.0.0" }, { capabilities });
    if (answer !== undefined)
      client.setRequestHandler(ElicitRequestSchema, () => ({
        action: "accept" as const,
        content: { interpretation: answer },
      }));
    const headers = gateway.headers;
    const url = new URL(gateway.endpoint(server));
    await client.connect(new StreamableHTTPClientTransport(url, { requestInit: { headers } }));
    await client.listTools();
    clients.push(client);
    return client;
  };

  for (const server of ["piped", "remote"]) {
    it(`run through the gateway from the call to the result, and ask the user meanwhile (${server})`, async () => {
      const [plain, asked] = [await connect(), await connect(server, "snake")];

      const [silent, asking] = await Promise.all([
        research(plain, `${server}__${TOOL}`, { topic: "gateways" }),
        research(asked, TOOL, { topic: "python", ambiguous: true }),
      ]);

      const [id = ""] = silent.ids;
      expect([...silent.ids]).to.have.length(1);
      expect(id).to.match(new RegExp(`^${server}\\.[\\w-]+\\.[\\w-]+$`));
      expect([silent.statuses[0], silent.statuses.at(-1)]).to.deep.equal(["working", "completed"]);
      expect(silent.result).to.contain("Research Report: gateways").and.contain(id);
      expect(asking.statuses).to.include("input_required");
      expect(asking.result).to.contain("Clarification**: snake");
    });
  }

  it("are nobody else's, and can be cancelled by their owner", async () => {
    const client = await connect();
    const created = await client.request(
      { method: "tools/call", params: { name: `remote__${TOOL}`, arguments: { topic: "x" }, task: {} } },
      CallToolResultSchema.loose(),
    );
    const { taskId } = created["task"] as { taskId: string };

    const cancelled = await client.experimental.tasks.cancelTask(taskId);
    const forged = await client.experimental.tasks.getTask(`${taskId.slice(0, -3)}AAA`).catch(String);
    const elsewhere = await (await connect("piped")).experimental.tasks.getTask(taskId).catch(String);

    expect(cancelled).to.include({ taskId, status: "cancelled" });
    expect(forged).to.contain("Task not found");
    expect(elsewhere).to.contain("Task not found");
  });

  it("are offered, but not listed: a list would show those of others", async () => {
    const client = await connect();

    const listed = await client.experimental.tasks.listTasks().catch(String);

    expect(client.getServerCapabilities()?.tasks).to.deep.equal({
      requests: { tools: { call: {} } },
      cancel: {},
    });
    expect(listed).to.contain("-32601");
  });
});
