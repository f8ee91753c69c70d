import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { expect } from "chai";

import { createLogger } from "../../../src/observability/logger.ts";
import type { EmbedderFailure } from "../../../src/search/embedders/embedder.ts";
import { WorkerEmbedder, type WorkerPace } from "../../../src/search/embedders/worker-embedder.ts";
import type { LocalSettings } from "../../../src/search/embedders/worker-messages.ts";
import { until } from "../../support/child-processes.ts";
import { rejection } from "../../support/refusal.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";
import { DIMENSIONS, onnxModel, wordPieceModel } from "./made-models.ts";
import { similarity } from "./made-vectors.ts";

const BASICS = { batch: 8, queryPrefix: "", documentPrefix: "" };
const staticSettings = (folder: string, change: Partial<LocalSettings> = {}) =>
  ({ ...BASICS, type: "static", folder, ...change }) as LocalSettings;
const transformersSettings = (model: string): LocalSettings => ({
  ...BASICS,
  type: "transformers",
  model,
  isFolder: true,
  allowRemoteModels: false,
  dtype: "auto",
  pooling: "mean",
  cacheDir: temporaryFolder(),
});
interface Embedded {
  readonly facts?: { readonly dimensions: number; readonly id: string };
  readonly rows?: readonly (readonly number[])[];
  readonly error?: string;
}

async function embedApart(settings: LocalSettings, texts: readonly string[]): Promise<Embedded> {
  const program = fileURLToPath(new URL("onnx-program.js", import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [
    program,
    JSON.stringify(settings),
    ...texts,
  ]);
  return JSON.parse(stdout) as Embedded;
}

const QUICK: Partial<WorkerPace> = { restartMs: 20, maxRestartMs: 40 };

describe("WorkerEmbedder", function () {
  this.timeout(30_000);
  const open: WorkerEmbedder[] = [];
  const warnings: string[] = [];
  const logger = createLogger({ level: "warn", write: (line) => warnings.push(line) });

  function start(settings: LocalSettings, pace: Partial<WorkerPace> = QUICK): WorkerEmbedder {
    const embedder = new WorkerEmbedder({ settings, logger, pace });
    open.push(embedder);
    return embedder;
  }

  /** A thread that does what it is told: the first text of a batch is a command. */
  function startScripted(pace: Partial<WorkerPace> = QUICK): WorkerEmbedder {
    const program = new URL("scripted-thread.js", import.meta.url);
    const embedder = new WorkerEmbedder({ settings: staticSettings("/"), logger, pace, program });
    open.push(embedder);
    return embedder;
  }

  afterEach(async () => {
    for (const embedder of open.splice(0)) await embedder.close();
    warnings.length = 0;
  });

  it("embeds with a static model, in a thread of its own", async () => {
    const embedder = start(staticSettings(wordPieceModel()));

    const facts = await embedder.model();
    const [one, same, other] = await embedder.embed(["delete a file", "erase documents", "weather"], "query");

    expect(facts.dimensions).to.equal(DIMENSIONS);
    expect(facts.id).to.match(/^static:[\w-]{43}$/);
    expect(similarity(one, same)).to.be.closeTo(1, 1e-6);
    expect(similarity(one, other)).to.be.closeTo(0, 1e-6);
  });

  it("embeds with a model in ONNX through the library of Hugging Face", async () => {
    const texts = ["delete a file", "erase document", "weather"];

    const { facts, rows } = await embedApart(transformersSettings(onnxModel()), texts);
    const [one, same, other] = (rows ?? []).map((row) => Float32Array.from(row));

    expect(facts?.dimensions).to.equal(DIMENSIONS);
    expect(facts?.id).to.match(/^transformers:[\w-]{43}:auto:mean$/);
    expect(similarity(one, one)).to.be.closeTo(1, 1e-6);
    expect(similarity(one, same)).to.be.closeTo(1, 1e-5);
    expect(similarity(one, other)).to.be.closeTo(0, 1e-5);
  });

  it("gives a model the same id wherever it lies, and another one a different id", async () => {
    const [one, same, other] = await Promise.all(
      [wordPieceModel(), wordPieceModel(), wordPieceModel({ tokenizer: { version: "2.0" } })].map((folder) =>
        start(staticSettings(folder)).model(),
      ),
    );

    expect(one?.id).to.equal(same?.id);
    expect(one?.id).to.not.equal(other?.id);
  });

  it("puts the prefixes of the model before queries and texts of tools", async () => {
    const prefixes = { queryPrefix: "weather ", documentPrefix: "mail " };
    const embedder = start(staticSettings(wordPieceModel(), prefixes));
    const plain = start(staticSettings(wordPieceModel()));
    const [{ id }, { id: plainId }] = await Promise.all([embedder.model(), plain.model()]);

    const [query] = await embedder.embed(["city"], "query");
    const [document] = await embedder.embed(["city"], "document");
    const expected = await plain.embed(["weather city", "mail city"], "query");

    expect(similarity(query, expected[0])).to.be.closeTo(1, 1e-6);
    expect(similarity(document, expected[1])).to.be.closeTo(1, 1e-6);
    expect(id, "vectors of texts with a prefix are others").to.not.equal(plainId);
  });

  it("says why a model cannot be loaded, and downloads none unasked", async () => {
    const missing = start(staticSettings("/no/such/folder"), { restartMs: 60_000 });
    const remote = { ...transformersSettings("some/model"), isFolder: false } as LocalSettings;

    expect((await rejection(() => missing.model())).message).to.contain(
      "no model.safetensors in /no/such/folder",
    );
    expect((await embedApart(remote, [])).error).to.contain("allowRemoteModels");
  });

  it("rejects texts while the model is not loaded", async () => {
    const embedder = start(staticSettings(wordPieceModel()));

    const error = await rejection(() => embedder.embed(["x"], "query"));

    expect(error.code).to.equal("search_unavailable");
    expect(error.message).to.contain("still loading");
  });

  it("lets a query overtake the batches that wait", async () => {
    const embedder = startScripted();
    await embedder.model();
    const order: string[] = [];
    const note = (name: string) => () => order.push(name);

    await Promise.all([
      embedder.embed(["slow 30"], "document").then(note("first batch")),
      embedder.embed(["slow 30"], "document").then(note("second batch")),
      embedder.embed(["query"], "query").then(note("query")),
    ]);

    expect(order).to.deep.equal(["first batch", "query", "second batch"]);
  });

  it("starts the thread again when it dies, and tells those who waited", async () => {
    const embedder = startScripted();
    await embedder.model();

    const crashed = embedder.embed(["crash"], "document").catch((error: EmbedderFailure) => error);
    const waiting = embedder.embed(["fine"], "document").catch((error: EmbedderFailure) => error);
    const [byCrash, besides] = (await Promise.all([crashed, waiting])) as [EmbedderFailure, EmbedderFailure];
    const meanwhile = await rejection(() => embedder.model());
    const vectors = await until("the thread is back", () =>
      embedder.embed(["fine"], "query").catch(() => false),
    );

    expect(byCrash.message).to.contain("broke");
    expect(byCrash.byTexts, "its text may be the reason").to.equal(true);
    expect(besides.byTexts, "it only stood in the row").to.equal(false);
    expect(meanwhile.message).to.contain("broke");
    expect(vectors).to.have.length(1);
    expect(warnings.join("")).to.contain("embedding model lost");
  });

  it("waits longer with each start that fails", async () => {
    const pauses = () => warnings.flatMap((line) => /"retry_ms":(\d+)/.exec(line)?.[1] ?? []).map(Number);
    start(staticSettings("/no/such/folder"))
      .model()
      .catch(() => {});

    await until("three failed starts", () => pauses().length >= 3);

    expect(pauses().slice(0, 3)).to.deep.equal([20, 40, 40]);
  });

  it("ends a thread that hangs", async () => {
    const embedder = startScripted({ ...QUICK, silenceMs: 50 });
    await embedder.model();

    const error = await rejection(() => embedder.embed(["hang"], "document"));

    expect(error.message).to.contain("hangs");
    expect(await until("the thread is back", () => embedder.model().catch(() => false))).to.be.an("object");
  });

  it("gives up a model that takes too long to load", async () => {
    const program = new URL("data:text/javascript,setInterval(() => {}, 1000)");
    const embedder = new WorkerEmbedder({
      settings: staticSettings("/"),
      logger,
      pace: { ...QUICK, loadMs: 30 },
      program,
    });
    open.push(embedder);

    expect((await rejection(() => embedder.model())).message).to.contain("too long to load");
  });

  it("says of texts that the model refuses that they are to blame", async () => {
    const embedder = startScripted();
    await embedder.model();

    const error = (await rejection(() => embedder.embed(["refuse"], "document"))) as EmbedderFailure;

    expect(error).to.include({ byTexts: true, retryable: false });
    expect(await embedder.embed(["fine"], "document"), "the thread lives on").to.have.length(1);
  });

  it("lets no endless row form", async () => {
    const embedder = startScripted();
    await embedder.model();
    const many = Array.from({ length: 300 }, () =>
      embedder.embed(["slow 5"], "query").catch((error: Error) => error.message),
    );

    await embedder.close();
    const answers = await Promise.all(many);

    expect(answers.filter((answer) => answer === "Too many texts wait to be embedded.")).to.have.length(43);
  });

  it("tells everybody when it is closed, and starts no more", async () => {
    const embedder = startScripted();
    await embedder.model();
    const waiting = rejection(() => embedder.embed(["hang"], "query"));

    await embedder.close();

    expect((await waiting).message).to.contain("closing");
    expect((await rejection(() => embedder.model())).message).to.contain("closing");
    expect(warnings).to.deep.equal([]);
  });
});
