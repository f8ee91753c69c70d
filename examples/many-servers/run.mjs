// Three servers, one endpoint: their tools side by side, and a call to each.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";

import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";

const { SWITCHGEAR_URL, SWITCHGEAR_API_KEY, EXAMPLE_FOLDER } = process.env;
writeFileSync(join(EXAMPLE_FOLDER, "hello.txt"), "Hello from a file.");

const client = new Client({ name: "many-servers", version: "1.0.0" });
const requestInit = { headers: { Authorization: `Bearer ${SWITCHGEAR_API_KEY}` } };
await client.connect(new StreamableHTTPClientTransport(new URL(`${SWITCHGEAR_URL}/mcp`), { requestInit }));

const { tools } = await client.listTools();
const count = (server) => tools.filter(({ name }) => name.startsWith(`${server}__`)).length;
for (const server of ["everything", "memory", "files"]) console.log(`${server}: ${count(server)} tools`);
assert.ok(count("everything") > 0 && count("memory") > 0 && count("files") > 0);
assert.ok(!tools.some(({ name }) => name.startsWith("memory__delete_")), "denied tools are not offered");

const echo = await client.callTool({ name: "everything__echo", arguments: { message: "hi" } });
const file = await client.callTool({ name: "files__read_text_file", arguments: { path: join(EXAMPLE_FOLDER, "hello.txt") } });
const entities = [{ name: "Switchgear", entityType: "project", observations: ["is a gateway"] }];
await client.callTool({ name: "memory__create_entities", arguments: { entities } });
const found = await client.callTool({ name: "memory__search_nodes", arguments: { query: "gateway" } });

console.log(echo.content[0].text, "·", file.content[0].text);
assert.equal(file.content[0].text, "Hello from a file.");
assert.match(JSON.stringify(found), /Switchgear/);
await client.close();
