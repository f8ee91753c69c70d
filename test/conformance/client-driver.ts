import { randomUUID } from "node:crypto";

import { StreamableHTTPClientTransport as HttpV2 } from "@modelcontextprotocol/client";
import { StreamableHTTPClientTransport as HttpV1 } from "@modelcontextprotocol/sdk/client/streamableHttp.js";

import { type Answers, type AskingClient, WILLING } from "../support/asking-client.ts";
import { askingV1 } from "../support/asking-v1.ts";
import { askingV2 } from "../support/asking-v2.ts";
import { runScenario } from "./client-scenarios.ts";

/**
 * `node client-driver.js <url of the suite's server>`: the program that the conformance suite starts for each client
 * scenario. It is a plain SDK client; with `SWITCHGEAR_URL` set it stands in front of a gateway, which is the one that
 * speaks to the suite's server.
 */
const scenario = process.env["MCP_CONFORMANCE_SCENARIO"] ?? "";
const revision = process.env["MCP_CONFORMANCE_PROTOCOL_VERSION"] ?? "2025-11-25";
const context = JSON.parse(process.env["MCP_CONFORMANCE_CONTEXT"] ?? "{}") as Readonly<
  Record<string, unknown>
>;
const gateway = process.env["SWITCHGEAR_URL"];
const headers = { authorization: `Bearer ${process.env["SWITCHGEAR_KEY"] ?? ""}` };

/** Every elicitation is accepted as it stands: the SDK fills in the defaults. */
const ANSWERS: Answers = {
  capabilities: { ...WILLING.capabilities, elicitation: { form: { applyDefaults: true }, url: {} } },
  answer: { ...WILLING.answer, "elicitation/create": () => ({ action: "accept", content: {} }) },
};

async function connect(url: string, own: Record<string, string>): Promise<AskingClient> {
  const options = { requestInit: { headers: own } };
  return revision === "2026-07-28"
    ? await askingV2(new HttpV2(new URL(url), options), { pin: revision }, ANSWERS)
    : await askingV1(new HttpV1(new URL(url), options), ANSWERS);
}

async function rest(method: string, path: string, body?: object): Promise<void> {
  const answer = await fetch(`${gateway}/api/v1/${path}`, {
    method,
    headers: { ...headers, "content-type": "application/json" },
    ...(body && { body: JSON.stringify(body) }),
  });
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
}

async function throughGateway(url: string): Promise<void> {
  const name = `suite-${randomUUID().slice(0, 8)}`;
  await rest("POST", "servers?wait=tools", { name, type: "http", url });
  try {
    const client = await connect(`${gateway}/mcp/s/${name}`, headers);
    await runScenario(scenario, client, context, { isBehindGateway: true });
    await client.close();
  } finally {
    await rest("DELETE", `servers/${name}`);
  }
}

const url = process.argv[2] ?? "";
if (gateway === undefined) {
  const client = await connect(url, {});
  await runScenario(scenario, client, context, { isBehindGateway: false });
  await client.close();
} else await throughGateway(url);
process.exit(0);
