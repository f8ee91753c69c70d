import type { AskingClient } from "../support/asking-client.ts";
import type { Json } from "../support/mcp-clients.ts";
import type { Revision } from "./suite.ts";

interface Drive {
  (client: AskingClient, context: Json, isBehindGateway: boolean): Promise<void>;
}

async function callEach(
  client: AskingClient,
  argumentsOf: (tool: Json) => Json,
  tools?: readonly Json[],
): Promise<void> {
  for (const tool of tools ?? (await client.list("tools")))
    await client.callTool(String(tool["name"]), argumentsOf(tool), { definition: tool });
}

/** What a plain client does in each scenario; the suite watches what reaches its server. */
const DRIVES: Readonly<Record<string, Drive>> = {
  initialize: async (client) => void (await client.list("tools")),
  tools_call: (client) => callEach(client, () => ({ a: 5, b: 3 })),
  "elicitation-sep1034-client-defaults": (client) => callEach(client, () => ({})),
  "sse-retry": (client) => callEach(client, () => ({})),
  "request-metadata": async (client) => void (await client.list("tools")),
  "http-standard-headers": async (client) => {
    await callEach(client, () => ({}));
    for (const { uri } of await client.list("resources")) await client.request("resources/read", { uri });
    for (const { name } of await client.list("prompts")) await client.request("prompts/get", { name });
  },
  "http-custom-headers": async (client, { toolCalls }) => {
    const tools = await client.list("tools");
    for (const { name, arguments: args } of toolCalls as readonly { name: string; arguments: Json }[])
      await client.callTool(name, args, { definition: tools.find((tool) => tool["name"] === name) });
  },
  // Behind a gateway it is the gateway that must leave out bad tools: there the client calls all that it is shown.
  "http-invalid-tool-headers": async (client, _, isBehindGateway) => {
    const argumentsOf = (tool: Json): Json => {
      const { properties } = tool["inputSchema"] as { properties: Json };
      return Object.fromEntries(Object.keys(properties).map((name) => [name, "value"]));
    };
    await callEach(client, argumentsOf, isBehindGateway ? await client.list("tools") : await client.tools());
  },
  "sep-2322-client-request-state": async (client) => {
    await Promise.all([
      client.callTool("test_mrtr_echo_state", {}),
      client.callTool("test_mrtr_unrelated", {}),
    ]);
    await client.callTool("test_mrtr_no_state", {});
    await client.callTool("test_mrtr_no_result_type", {});
  },
  "json-schema-ref-no-deref": async (client) => void (await client.list("tools")),
  "json-schema-2020-12-preservation": async (client) => {
    const tools = await client.list("tools");
    const focal = tools.find((tool) => tool["name"] === "json_schema_2020_12_tool");
    await client.callTool("json_schema_echo", { schema: focal?.["inputSchema"] });
  },
};

/** The client scenarios of a revision without OAuth, which has its own place in the gateway's story. */
export const CLIENT_SCENARIOS: Readonly<Record<Revision, readonly string[]>> = {
  "2025-11-25": [
    "initialize",
    "tools_call",
    "elicitation-sep1034-client-defaults",
    "sse-retry",
    "json-schema-2020-12-preservation",
  ],
  "2026-07-28": [
    "tools_call",
    "request-metadata",
    "sep-2322-client-request-state",
    "http-standard-headers",
    "http-custom-headers",
    "http-invalid-tool-headers",
    "json-schema-ref-no-deref",
    "json-schema-2020-12-preservation",
  ],
};

/** Scenarios of the suite that are not run, each with its reason. */
export function notRun(scenario: string): string | undefined {
  return scenario.startsWith("auth/") ? "OAuth towards upstreams is not carried yet" : undefined;
}

export async function runScenario(
  scenario: string,
  client: AskingClient,
  context: Json,
  { isBehindGateway }: { readonly isBehindGateway: boolean },
): Promise<void> {
  const drive = DRIVES[scenario];
  if (drive === undefined) throw new Error(`no drive for the scenario "${scenario}"`);
  await drive(client, context, isBehindGateway);
}
