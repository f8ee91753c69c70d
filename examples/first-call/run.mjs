// The official MCP client against the gateway: connect, list, call.
import assert from "node:assert/strict";

import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";

const { SWITCHGEAR_URL, SWITCHGEAR_API_KEY } = process.env;

const client = new Client({ name: "first-call", version: "1.0.0" });
const transport = new StreamableHTTPClientTransport(new URL(`${SWITCHGEAR_URL}/mcp`), {
  requestInit: { headers: { Authorization: `Bearer ${SWITCHGEAR_API_KEY}` } },
});
await client.connect(transport);

const { tools } = await client.listTools();
console.log("tools:", tools.map(({ name }) => name).join(", "));

const sum = await client.callTool({ name: "demo__add", arguments: { a: 2, b: 3 } });
console.log("2 + 3 =", sum.structuredContent.sum);
assert.equal(sum.structuredContent.sum, 5);

await client.close();
