import type { Tool } from "../../src/domain/offering.ts";
/** How fast the index is and what it weighs, in this process: `npm run bench:search`. */
import { createLogger } from "../../src/observability/logger.ts";
import type { Embedder } from "../../src/search/embedders/embedder.ts";
import { ToolSearch } from "../../src/search/search.ts";
import { VectorIndex } from "../../src/search/vector-index.ts";
import { MadeVectors, madeQueries, madeTools } from "./made-catalog.ts";
import { toolOf } from "./pack.ts";

const SIZES = process.argv.includes("--quick") ? [1_000, 10_000] : [1_000, 10_000, 100_000];
const DIMENSIONS = 384;
const QUERIES = madeQueries(300);
const LONG = madeQueries(400).join(" ").slice(0, 20_000);

type Row = Readonly<Record<string, string | number>>;

const rows: Row[] = [];
for (const size of SIZES) {
  const tools = madeTools(size);
  rows.push({ ...(await keywordRow(tools)), ...(await hybridRow(tools)), ...recallRow(size) });
}
console.table(Object.fromEntries(rows.map(({ tools, ...row }) => [`${tools} tools`, row])));

function heapMb(): number {
  globalThis.gc?.();
  globalThis.gc?.();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return (heapUsed + arrayBuffers) / 1e6;
}

function timed(work: () => unknown): number {
  const started = performance.now();
  work();
  return performance.now() - started;
}

function spread(times: readonly number[]): string {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share: number) => (sorted[Math.floor(share * (sorted.length - 1))] ?? 0).toFixed(2);
  return `${at(0.5)} / ${at(0.95)}`;
}

async function keywordRow(tools: readonly Tool[]): Promise<Row> {
  const before = heapMb();
  const search = new ToolSearch();
  const build = timed(() => fill(search, tools));
  const heap = heapMb() - before;
  for (const text of QUERIES.slice(0, 50)) search.find({ text, limit: 10 });
  const times = QUERIES.map((text) => timed(() => search.find({ text, limit: 10 })));
  const long = Array.from({ length: 20 }, () => timed(() => search.find({ text: LONG, limit: 10 })));
  const upserts = Array.from({ length: 50 }, (_, index) => {
    const changed = toolOf("upserted", { name: "one", description: `Version ${index} of a tool` });
    return timed(() => search.replaceServer("upserted", [changed]));
  });
  const suggestions = await suggestTimes(search);
  return {
    tools: tools.length,
    "build ms": Math.round(build),
    "heap MB": heap.toFixed(1),
    "keyword ms p50/p95": spread(times),
    "20,000 characters ms": spread(long),
    "upsert ms": spread(upserts),
    "type-ahead ms": suggestions,
  };
}

function fill(search: ToolSearch, tools: readonly Tool[]): void {
  const servers = new Map<string, Tool[]>();
  for (const tool of tools) {
    const own = servers.get(tool.server);
    if (own === undefined) servers.set(tool.server, [tool]);
    else own.push(tool);
  }
  for (const [server, own] of servers) search.replaceServer(server, own);
}

async function suggestTimes(search: ToolSearch): Promise<string> {
  await search.suggest("first", { limit: 10 });
  const times: number[] = [];
  for (const text of QUERIES.slice(0, 100)) {
    const started = performance.now();
    await search.suggest(text.split(" ").slice(0, 2).join(" ").slice(0, -1), { limit: 10 });
    times.push(performance.now() - started);
  }
  return spread(times);
}

/** From the query's vector on: the model's own time depends on the model. */
async function hybridRow(tools: readonly Tool[]): Promise<Row> {
  const vectors = new MadeVectors(DIMENSIONS);
  const embedder: Embedder = {
    batch: 256,
    model: () => Promise.resolve({ id: "made", dimensions: DIMENSIONS }),
    embed: (texts) => Promise.resolve(texts.map(() => vectors.next())),
    close: () => Promise.resolve(),
  };
  const search = new ToolSearch({
    semantics: {
      embedder,
      vectors: {
        take: () => Promise.resolve(new Map()),
        put: () => Promise.resolve(),
        touch: () => Promise.resolve(),
        prune: () => Promise.resolve(0),
      },
      logger: createLogger({ level: "silent", write: () => {} }),
      share: 0.3,
      budgetMs: 150,
    },
  });
  fill(search, tools);
  search.start();
  const started = performance.now();
  while (search.semantics.embedded < tools.length) await new Promise(setImmediate);
  const filled = performance.now() - started;
  const times: number[] = [];
  const blocked: number[] = [];
  for (const text of QUERIES) {
    const asked = performance.now();
    const done = longestBlock();
    await search.search({ text, limit: 10, type: "hybrid" });
    times.push(performance.now() - asked);
    blocked.push(done());
  }
  await search.close();
  return {
    "fill ms": Math.round(filled),
    "hybrid ms p50/p95": spread(times),
    "loop blocked ms p50/p95": spread(blocked),
  };
}

/** The longest time between two turns of the event loop until the answer is called. */
function longestBlock(): () => number {
  let last = performance.now();
  let longest = 0;
  let isOver = false;
  const turn = (): void => {
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
    if (!isOver) setImmediate(turn);
  };
  setImmediate(turn);
  return () => {
    isOver = true;
    return Math.max(longest, performance.now() - last);
  };
}

/** How many of the ten nearest the sketch finds. */
function recallRow(size: number): Row {
  const vectors = new MadeVectors(DIMENSIONS, 3);
  const exact = new VectorIndex(DIMENSIONS, { sketchFrom: Infinity });
  const sketched = new VectorIndex(DIMENSIONS, { sketchFrom: Math.min(10_000, size - 1) });
  for (let slot = 0; slot < size; slot++) {
    const vector = vectors.next();
    exact.put(slot, vector);
    sketched.put(slot, vector);
  }
  const mask = new Uint8Array(size).fill(1);
  const times: number[] = [];
  let found = 0;
  for (let round = 0; round < 50; round++) {
    const query = vectors.next();
    const right = new Set(drain(exact.nearest(query, mask, 10)).map(({ slot }) => slot));
    const started = performance.now();
    const nearest = drain(sketched.nearest(query, mask, 10));
    times.push(performance.now() - started);
    found += nearest.filter(({ slot }) => right.has(slot)).length;
  }
  return { "sketch recall@10": (found / 500).toFixed(3), "sketch ms p50/p95": spread(times) };
}

function drain<T>(steps: Generator<void, T>): T {
  for (let step = steps.next(); ; step = steps.next()) if (step.done === true) return step.value;
}
