import { Worker } from "node:worker_threads";

import type { Logger } from "../../observability/logger.ts";
import { type Embedder, EmbedderFailure, type ModelFacts, type TextKind } from "./embedder.ts";
import type { LocalSettings, ToMain, ToWorker } from "./worker-messages.ts";

/** More queries than this do not wait in a row: the last of them would be too late anyway. */
const MAX_WAITING = 256;

export interface WorkerPace {
  /** The pause before a new start; doubled for each start that failed since the last success. */
  readonly restartMs: number;
  readonly maxRestartMs: number;
  /** A thread that is silent this long over one batch hangs, and is ended. */
  readonly silenceMs: number;
  /** As long may the model take to load. */
  readonly loadMs: number;
}

const PACE: WorkerPace = { restartMs: 1_000, maxRestartMs: 60_000, silenceMs: 60_000, loadMs: 600_000 };

interface Job {
  readonly id: number;
  readonly texts: readonly string[];
  readonly kind: TextKind;
  resolve(vectors: readonly Float32Array[]): void;
  reject(error: EmbedderFailure): void;
}

/**
 * Runs a local model in a thread of its own, so that neither loading nor embedding holds up a call. One batch is in
 * the thread at a time; queries overtake batches that wait. A thread that dies is started again after a pause.
 */
export class WorkerEmbedder implements Embedder {
  readonly batch: number;
  readonly #settings: LocalSettings;
  readonly #logger: Logger;
  readonly #pace: WorkerPace;
  readonly #program: URL;
  readonly #waiting: Record<TextKind, Job[]> = { query: [], document: [] };
  #worker: Worker | undefined;
  #facts: ModelFacts | undefined;
  #loading: Loading | undefined;
  #failure: EmbedderFailure | undefined;
  #current: Job | undefined;
  #watch: NodeJS.Timeout | undefined;
  #restart: NodeJS.Timeout | undefined;
  #failedStarts = 0;
  #lastId = 0;
  #isClosed = false;

  /** `program` is what the thread runs; tests give one that misbehaves. */
  constructor(deps: { settings: LocalSettings; logger: Logger; pace?: Partial<WorkerPace>; program?: URL }) {
    this.#settings = deps.settings;
    this.#logger = deps.logger;
    this.#pace = { ...PACE, ...deps.pace };
    this.#program = deps.program ?? programUrl();
    this.batch = deps.settings.batch;
  }

  model(): Promise<ModelFacts> {
    if (this.#facts !== undefined) return Promise.resolve(this.#facts);
    if (this.#isClosed) return Promise.reject(closed());
    if (this.#failure !== undefined && this.#worker === undefined) return Promise.reject(this.#failure);
    this.#loading ??= new Loading();
    if (this.#worker === undefined) this.#start();
    return this.#loading.promise;
  }

  embed(texts: readonly string[], kind: TextKind): Promise<readonly Float32Array[]> {
    if (this.#facts === undefined) {
      return Promise.reject(this.#failure ?? new EmbedderFailure("The embedding model is still loading."));
    }
    if (this.#waiting[kind].length >= MAX_WAITING) {
      return Promise.reject(new EmbedderFailure("Too many texts wait to be embedded."));
    }
    return new Promise((resolve, reject) => {
      this.#waiting[kind].push({ id: ++this.#lastId, texts, kind, resolve, reject });
      this.#next();
    });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#restart);
    const worker = this.#worker;
    this.#drop(closed());
    await worker?.terminate();
  }

  #start(): void {
    this.#restart = undefined;
    const execArgv = this.#program.href.endsWith(".ts") ? ["--import", "tsx"] : [];
    const worker = new Worker(this.#program, { workerData: this.#settings, execArgv, env: {} });
    // A model that embeds in the background is no reason for the process to live on.
    worker.unref();
    this.#worker = worker;
    this.#watchOver(this.#pace.loadMs, "It took too long to load the embedding model.");
    const lose = (reason: string, cause?: unknown) => {
      if (this.#worker === worker) this.#lose(new EmbedderFailure(reason, { cause }));
    };
    worker.on("message", (message: ToMain) => {
      if (this.#worker === worker) this.#hear(message);
    });
    worker.on("error", (cause) => lose(`The embedding thread broke: ${cause.message}`, cause));
    worker.on("exit", (code) => lose(`The embedding thread ended with code ${code}.`));
  }

  #hear(message: ToMain): void {
    clearTimeout(this.#watch);
    if (message.kind === "failed") return this.#lose(new EmbedderFailure(message.reason));
    if (message.kind === "ready") {
      this.#facts = message.model;
      this.#failure = undefined;
      this.#loading?.resolve(message.model);
      this.#loading = undefined;
      return this.#next();
    }
    const job = this.#current;
    if (job?.id !== message.id) return;
    this.#current = undefined;
    if (message.kind === "refused") {
      job.reject(new EmbedderFailure(message.reason, { retryable: false, byTexts: true }));
    } else {
      this.#failedStarts = 0;
      job.resolve(rowsOf(message.vectors, job.texts.length));
    }
    this.#next();
  }

  #next(): void {
    if (this.#current !== undefined || this.#worker === undefined || this.#facts === undefined) return;
    const job = this.#waiting.query.shift() ?? this.#waiting.document.shift();
    if (job === undefined) return;
    this.#current = job;
    this.#watchOver(this.#pace.silenceMs, "The embedding thread hangs.");
    const message: ToWorker = { id: job.id, texts: job.texts, kind: job.kind };
    this.#worker.postMessage(message, []);
  }

  #watchOver(ms: number, reason: string): void {
    clearTimeout(this.#watch);
    this.#watch = setTimeout(() => this.#lose(new EmbedderFailure(reason)), ms).unref();
  }

  #lose(failure: EmbedderFailure): void {
    this.#worker?.terminate().catch(() => {});
    this.#drop(failure);
    if (this.#isClosed) return;
    const { restartMs, maxRestartMs } = this.#pace;
    const pauseMs = Math.min(maxRestartMs, restartMs * 2 ** this.#failedStarts++);
    this.#logger.warn("embedding model lost", { error: failure, retry_ms: pauseMs });
    this.#restart = setTimeout(() => this.#start(), pauseMs).unref();
  }

  /** Everybody who waits is told. */
  #drop(failure: EmbedderFailure): void {
    clearTimeout(this.#watch);
    this.#worker = undefined;
    this.#facts = undefined;
    this.#failure = failure;
    this.#loading?.reject(failure);
    this.#loading = undefined;
    const { query, document } = this.#waiting;
    for (const job of [...query.splice(0), ...document.splice(0)]) job.reject(failure);
    this.#current?.reject(new EmbedderFailure(failure.message, { cause: failure, byTexts: true }));
    this.#current = undefined;
  }
}

function programUrl(): URL {
  return new URL(`./embed-thread.${import.meta.url.endsWith(".ts") ? "ts" : "js"}`, import.meta.url);
}

function closed(): EmbedderFailure {
  return new EmbedderFailure("The gateway is closing.", { retryable: false });
}

/** One flat array crosses the threads without being copied. */
function rowsOf(flat: Float32Array, count: number): Float32Array[] {
  const dimensions = flat.length / count;
  return Array.from({ length: count }, (_, row) => flat.slice(row * dimensions, (row + 1) * dimensions));
}

/** Those who wait for the model. Nobody need listen: what fails is also told to those who ask later. */
class Loading {
  resolve: (model: ModelFacts) => void = ignore;
  reject: (error: EmbedderFailure) => void = ignore;
  readonly promise: Promise<ModelFacts>;

  constructor() {
    this.promise = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
    this.promise.catch(ignore);
  }
}

function ignore(): void {}
