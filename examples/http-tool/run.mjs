// A plain HTTP endpoint becomes a tool: register it over REST, call it over MCP.
import assert from "node:assert/strict";
import { createServer } from "node:http";

import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";

const { SWITCHGEAR_URL, SWITCHGEAR_API_KEY } = process.env;
const headers = { Authorization: `Bearer ${SWITCHGEAR_API_KEY}` };

// Somebody's API. Its address is private, so the gateway must be told that this is fine:
// "gateway": { "egress": { "allow": ["127.0.0.1"] } } in switchgear.jsonc.
const api = createServer((request, response) => {
  const city = new URL(request.url, "http://api").pathname.split("/").at(-1);
  response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify({ city, celsius: 21 }));
});
await new Promise((ready) => api.listen(0, "127.0.0.1", ready));

const registered = await fetch(`${SWITCHGEAR_URL}/api/v1/tools`, {
  method: "POST",
  headers: { ...headers, "content-type": "application/json" },
  body: JSON.stringify({
    name: "temperature",
    description: "Temperature of a city, in degrees Celsius.",
    endpoint: `http://127.0.0.1:${api.address().port}/v1/temperature/{city}`,
    method: "GET",
    schema: { input: { type: "object", properties: { city: { type: "string" } }, required: ["city"] } },
    annotations: { readOnlyHint: true },
    tags: ["weather"],
  }),
});
assert.equal(registered.status, 201);

const client = new Client({ name: "http-tool", version: "1.0.0" });
await client.connect(new StreamableHTTPClientTransport(new URL(`${SWITCHGEAR_URL}/mcp`), { requestInit: { headers } }));
const answer = await client.callTool({ name: "custom__temperature", arguments: { city: "Oslo" } });
console.log(answer.content[0].text);
assert.deepEqual(JSON.parse(answer.content[0].text), { city: "Oslo", celsius: 21 });

const wrong = await client.callTool({ name: "custom__temperature", arguments: {} });
console.log("without a city:", wrong.content[0].text);
assert.equal(wrong.isError, true);

await client.close();
api.close();
