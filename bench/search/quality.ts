/**
 * How good the product's answers are, over its REST API:
 * `npm run bench:search:quality -- <folder of a pack> … [--config <JSON of gateway.search>]`
 */
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { type Server, createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

import type { Tool } from "../../src/domain/offering.ts";
import { type Measures, measure } from "./measures.ts";
import { miniSearchDefault, miniSearchTuned } from "./mini-search.ts";
import { type Pack, type Query, readPack } from "./pack.ts";

const MAIN = fileURLToPath(new URL("../../dist/main.js", import.meta.url));
const OWN_PACK = fileURLToPath(new URL("./pack", import.meta.url));
const IN_FLIGHT = 8;
const DEPTH = 10;
/** So long may all tools take to appear, and to be embedded. */
const READY_MS = 600_000;

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { config: { type: "string", default: "{}" }, main: { type: "string", default: MAIN } },
});
const search = JSON.parse(values.config) as { embedder?: object };

for (const folder of positionals.length > 0 ? positionals : [OWN_PACK]) {
  const pack = readPack(folder);
  const upstream = await serveTools(pack.tools);
  const product = await startProduct(pack, upstream);
  try {
    await product.ready();
    console.log(`${pack.name}: ${pack.tools.length} tools`);
    for (const [file, queries] of Object.entries(pack.queries)) {
      console.table(await rowsOf(pack, queries, product));
      console.log(`^ ${file}: ${queries.length} queries\n`);
    }
  } finally {
    product.stop();
    upstream.close();
  }
}

async function rowsOf(
  pack: Pack,
  queries: readonly Query[],
  product: Product,
): Promise<Record<string, object>> {
  const idsOf = (tools: readonly Pick<Tool, "server" | "name">[]) =>
    tools.map(({ server, name }) => pack.idOf.get(`${server}/${name}`) ?? "");
  const types = search.embedder === undefined ? ["keyword"] : ["keyword", "semantic", "hybrid"];
  const rows: Record<string, object> = {};
  for (const type of types) {
    const found = await product.askAll(queries, type);
    rows[`switchgear ${type}`] = rounded(measure(queries, found.map(idsOf)));
  }
  for (const [name, find] of [
    ["MiniSearch default", miniSearchDefault(pack.tools)],
    ["MiniSearch tuned", miniSearchTuned(pack.tools)],
  ] as const) {
    rows[name] = rounded(
      measure(
        queries,
        queries.map(({ query }) => idsOf(find(query, DEPTH))),
      ),
    );
  }
  return rows;
}

function rounded(measures: Measures): Record<string, string> {
  return Object.fromEntries(
    Object.entries(measures).map(([name, value]) => [name, Number(value).toFixed(3)]),
  );
}

/** One MCP server for each server of the pack, all behind one port. */
async function serveTools(tools: readonly Tool[]): Promise<Server> {
  const listed = new Map<string, object[]>();
  for (const tool of tools) listed.set(tool.server, [...(listed.get(tool.server) ?? []), tool.definition]);
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk: Buffer) => (body += chunk.toString()));
    request.on("end", () => {
      const name = decodeURIComponent((request.url ?? "").slice(1));
      const reply = request.method === "POST" ? answer(body, listed.get(name) ?? []) : undefined;
      if (reply === undefined) return response.writeHead(request.method === "POST" ? 202 : 405).end();
      return response.writeHead(200, { "content-type": "application/json" }).end(reply);
    });
  });
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  return server;
}

function answer(body: string, tools: readonly object[]): string | undefined {
  const { id, method } = JSON.parse(body) as { id?: unknown; method: string };
  if (id === undefined) return undefined;
  const serverInfo = { name: "pack", version: "1" };
  const results: Record<string, object> = {
    initialize: { protocolVersion: "2025-11-25", capabilities: { tools: {} }, serverInfo },
    "tools/list": { tools },
    ping: {},
  };
  const result = results[method];
  const reply = result === undefined ? { error: { code: -32601, message: "Method not found" } } : { result };
  return JSON.stringify({ jsonrpc: "2.0", id, ...reply });
}

interface Product {
  ready(): Promise<void>;
  askAll(queries: readonly Query[], type: string): Promise<readonly (readonly Tool[])[]>;
  stop(): void;
}

async function startProduct(pack: Pack, upstream: Server): Promise<Product> {
  const folder = mkdtempSync(join(tmpdir(), "switchgear-quality-"));
  const config = join(folder, "switchgear.json");
  const { port } = upstream.address() as AddressInfo;
  const servers = [...new Set(pack.tools.map(({ server }) => server))];
  const entries = servers.map((server) => [
    server,
    { type: "http", url: `http://127.0.0.1:${port}/${server}`, gateway: { era: "2025" } },
  ]);
  const gateway = { demo: false, log: { level: "error" }, limits: { toolsPerUpstream: 100_000 }, search };
  writeFileSync(config, JSON.stringify({ mcpServers: Object.fromEntries(entries), gateway }));
  const data = join(folder, "data");
  const args = [values.main, "serve", "--config", config, "--listen", "127.0.0.1:0", "--data-dir", data];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "ignore", "inherit"] });
  const stop = (): void => {
    child.kill("SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  };
  const state = await eventually(
    () => JSON.parse(readFileSync(join(data, "gateway.json"), "utf8")) as { url: string },
  );
  const headers = { authorization: `Bearer ${readFileSync(join(data, "local-key"), "utf8").trim()}` };
  const ask = async (path: string): Promise<unknown> =>
    (await fetch(new URL(path, state.url), { headers })).json();
  return {
    stop,
    async ready() {
      await eventually(async () => {
        const status = (await ask("/api/v1/status")) as { search: { tools: number; embedded: number } };
        const wanted = search.embedder === undefined ? status.search.tools : status.search.embedded;
        return wanted >= pack.tools.length || undefined;
      });
    },
    async askAll(queries, type) {
      const answers: (readonly Tool[])[] = [];
      let next = 0;
      const work = async (): Promise<void> => {
        for (let index = next++; index < queries.length; index = next++) {
          const q = encodeURIComponent(queries[index]?.query ?? "");
          const path = `/api/v1/tools/search?q=${q}&search_type=${type}&max_results=${DEPTH}`;
          const { items } = (await ask(path)) as { items: readonly { tool: Tool }[] };
          answers[index] = items.map(({ tool }) => tool);
        }
      };
      await Promise.all(Array.from({ length: IN_FLIGHT }, work));
      return answers;
    },
  };
}

/** Asks again until there is something other than nothing or an error. */
async function eventually<T>(work: () => Promise<T | undefined> | T | undefined): Promise<T> {
  const until = performance.now() + READY_MS;
  for (;;) {
    try {
      const found = await work();
      if (found !== undefined) return found;
    } catch (error) {
      if (performance.now() > until) throw error;
    }
    if (performance.now() > until) throw new Error("The gateway did not become ready.");
    await new Promise((resolve) => {
      setTimeout(resolve, 50);
    });
  }
}
