import { expect } from "chai";

import type { GatewayError } from "../../src/domain/errors.ts";
import type { Tool } from "../../src/domain/offering.ts";
import { createLogger } from "../../src/observability/logger.ts";
import { EmbedderFailure, type ModelFacts } from "../../src/search/embedders/embedder.ts";
import { type FillTarget, VectorFill } from "../../src/search/vector-fill.ts";
import { until } from "../support/child-processes.ts";
import { MadeEmbedder, MemoryVectors } from "./made-embedder.ts";
import { sampleTool } from "./sample-tools.ts";

const DAY_MS = 24 * 3_600_000;

/** Keeps what it is given, in the order in which it came. */
class Target implements FillTarget {
  wanted: Tool[] = [];
  model: ModelFacts | undefined;
  failures: GatewayError[] = [];
  recoveries = 0;
  largest = 0;
  readonly vectors = new Map<Tool, Float32Array>();

  ready(model: ModelFacts): void {
    if (this.model?.id !== model.id) this.vectors.clear();
    this.model = model;
  }
  failed(error: GatewayError): void {
    this.failures.push(error);
  }
  recovered(): void {
    this.recoveries++;
  }
  pending(limit: number, skip: (tool: Tool) => boolean): readonly Tool[] {
    const found = this.wanted.filter((tool) => !this.vectors.has(tool) && !skip(tool)).slice(0, limit);
    this.largest = Math.max(this.largest, found.length);
    return found;
  }
  put(tool: Tool, vector: Float32Array): void {
    this.vectors.set(tool, vector);
  }
  tools(): Iterable<Tool> {
    return this.wanted;
  }
}

describe("VectorFill", () => {
  let embedder: MadeEmbedder;
  let store: MemoryVectors;
  let target: Target;
  let fill: VectorFill;
  let now = 0;
  const pauses: number[] = [];
  const logged: string[] = [];

  function open(): VectorFill {
    return new VectorFill({
      embedder,
      store,
      target,
      logger: createLogger({ level: "warn", write: (line) => logged.push(line) }),
      now: () => now,
      pause: (ms, signal) => {
        pauses.push(ms);
        if (ms < DAY_MS) return new Promise((resolve) => setImmediate(resolve));
        return new Promise((_, reject) =>
          signal.addEventListener("abort", () => reject(new EmbedderFailure("woken"))),
        );
      },
    });
  }

  const toolsOf = (count: number, text = "weather") =>
    Array.from({ length: count }, (_, index) =>
      sampleTool(`tool_${index}`, { description: `${text} ${index}` }),
    );
  const rested = () => until("the filling rests", () => pauses.includes(DAY_MS));

  beforeEach(() => {
    embedder = new MadeEmbedder();
    store = new MemoryVectors();
    target = new Target();
    now = Date.parse("2026-03-02T10:00:00Z");
    pauses.length = 0;
    logged.length = 0;
    fill = open();
  });
  afterEach(() => fill.close());

  it("embeds every tool in batches and stores the vectors", async () => {
    target.wanted = toolsOf(10);

    fill.start();
    await rested();

    expect(target.vectors.size).to.equal(10);
    expect(store.rows.size).to.equal(10);
    expect(embedder.sizes).to.deep.equal([4, 4, 2]);
    expect(target.failures).to.deep.equal([]);
  });

  it("embeds nothing twice: not after a restart, and not for the same text", async () => {
    const twins = [sampleTool("a", { server: "one" }), sampleTool("a", { server: "one" })];
    target.wanted = [...toolsOf(5), ...twins];
    fill.start();
    await rested();
    await fill.close();
    const embedded = embedder.documents.length;

    target.vectors.clear();
    pauses.length = 0;
    fill = open();
    fill.start();
    await rested();

    expect(embedded).to.equal(6);
    expect(embedder.documents).to.have.length(6);
    expect(target.vectors.size).to.equal(7);
  });

  it("embeds all anew for another model, and ignores vectors of a wrong length", async () => {
    target.wanted = toolsOf(3);
    fill.start();
    await rested();
    await fill.close();
    for (const row of store.rows.values()) row.vector = new Float32Array(3);

    target.vectors.clear();
    pauses.length = 0;
    fill = open();
    fill.start();
    await rested();
    expect(embedder.documents, "the stored ones have a wrong length").to.have.length(6);
    await fill.close();

    embedder.facts = { ...embedder.facts, id: "another" };
    pauses.length = 0;
    fill = open();
    fill.start();
    await rested();
    expect(embedder.documents).to.have.length(9);
  });

  it("has never more than a chunk in work", async () => {
    target.wanted = toolsOf(700);

    fill.start();
    await rested();

    expect(target.vectors.size).to.equal(700);
    expect(target.largest).to.equal(256);
  });

  it("goes on when it is woken", async () => {
    fill.start();
    await rested();
    pauses.length = 0;
    target.wanted = toolsOf(2);

    fill.wake();
    await rested();

    expect(target.vectors.size).to.equal(2);
  });

  it("waits ever longer while the model fails, says so once, and recovers by itself", async () => {
    target.wanted = toolsOf(2);
    embedder.failure = new EmbedderFailure("away");
    fill.start();
    await until("eight failures", () => target.failures.length >= 8);

    embedder.failure = undefined;
    await rested();

    expect(pauses.slice(0, 8)).to.deep.equal([1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000]);
    expect(logged).to.have.length(1);
    expect(target.vectors.size).to.equal(2);
    expect(target.recoveries).to.be.greaterThan(0);
  });

  it("finds the one text that cannot be embedded, and leaves out that one alone", async () => {
    target.wanted = [...toolsOf(6), sampleTool("poisoned", { description: "arsenic" })];
    embedder.poison = "arsenic";

    fill.start();
    await rested();

    expect(target.vectors.size).to.equal(6);
    expect(logged.join("")).to.contain("tool cannot be embedded").and.contain("poisoned");
  });

  it("blames no text for a model that is away", async () => {
    target.wanted = toolsOf(2);
    embedder.failure = new EmbedderFailure("away");
    fill.start();
    await until("five failures", () => target.failures.length >= 5);

    embedder.failure = undefined;
    await rested();

    expect(target.vectors.size).to.equal(2);
  });

  it("waits while the store cannot be read", async () => {
    target.wanted = toolsOf(2);
    store.fails = true;
    fill.start();
    await until("a failure", () => target.failures.length > 0);
    expect(embedder.documents, "nothing is embedded that may be there").to.deep.equal([]);

    store.fails = false;
    await rested();

    expect(target.vectors.size).to.equal(2);
  });

  it("uses vectors that cannot be stored", async () => {
    target.wanted = toolsOf(2);
    store.put = () => Promise.reject(new EmbedderFailure("full"));

    fill.start();
    await rested();

    expect(target.vectors.size).to.equal(2);
    expect(logged.join("")).to.contain("vectors not kept");
  });

  it("removes vectors that nobody used for thirty days, and keeps those of present tools", async () => {
    target.wanted = toolsOf(300);
    store.rows.set("old", { vector: new Float32Array(8), day: "2026-01-30" });
    store.rows.set("recent", { vector: new Float32Array(8), day: "2026-01-31" });
    fill.start();
    await rested();
    expect([...store.rows.keys()])
      .to.include("recent")
      .and.not.include("old");

    now += 40 * DAY_MS;
    pauses.length = 0;
    fill.wake();
    await rested();

    expect(store.rows.size).to.equal(300);
  });

  it("ends when it is closed, in whatever it was", async () => {
    target.wanted = toolsOf(2);
    embedder.failure = new EmbedderFailure("away");
    fill.start();
    await until("a failure", () => target.failures.length > 0);

    await fill.close();
    const failures = target.failures.length;
    await new Promise((resolve) => setImmediate(resolve));

    expect(target.failures).to.have.length(failures);
  });
});
