import { setTimeout as pause } from "node:timers/promises";

import type { EmbedderConfig } from "../../config/config.ts";
import { isJsonObject } from "../../domain/json.ts";
import type { Egress } from "../../wire/egress.ts";
import type { HttpAnswer } from "../../wire/http-exchange.ts";
import { type Embedder, EmbedderFailure, type ModelFacts, type TextKind, normalise } from "./embedder.ts";

type HttpSettings = Extract<EmbedderConfig, { type: "http" }>;

const MAX_ANSWER_BYTES = 32 * 1024 * 1024;
const MAX_DIMENSIONS = 8_192;
const MAX_IN_FLIGHT = 16;
/** The filling behind may wait; who asks may not, and is served by words alone meanwhile. */
const ATTEMPTS = { query: 1, document: 4 } as const;
const FIRST_PAUSE_MS = 500;
const MAX_PAUSE_MS = 30_000;
const PROBE = "list the files of a folder";

/** The two forms of request and answer that services for embeddings have. */
const APIS = {
  openai: {
    path: "/embeddings",
    body: (texts: readonly string[], model: string) => ({ model, input: texts, encoding_format: "float" }),
    vectors: readOpenAi,
  },
  tei: {
    path: "/embed",
    body: (texts: readonly string[]) => ({ inputs: texts, normalize: true, truncate: true }),
    vectors: (answer: unknown) => (Array.isArray(answer) ? (answer as unknown[]) : undefined),
  },
} as const;

/** A service that speaks like OpenAI's `/v1/embeddings`, or like Text Embeddings Inference's `/embed`. */
export class HttpEmbedder implements Embedder {
  readonly batch: number;
  readonly #settings: HttpSettings;
  readonly #egress: Pick<Egress, "request">;
  readonly #pause: (ms: number, signal: AbortSignal) => Promise<unknown>;
  readonly #url: string;
  readonly #closing = new AbortController();
  #facts: ModelFacts | undefined;
  #inFlight = 0;

  constructor(deps: {
    settings: HttpSettings;
    egress: Pick<Egress, "request">;
    pause?: (ms: number, signal: AbortSignal) => Promise<unknown>;
  }) {
    this.#settings = deps.settings;
    this.#egress = deps.egress;
    this.#pause = deps.pause ?? ((ms, signal) => pause(ms, undefined, { signal }));
    this.batch = deps.settings.batch;
    const { path } = APIS[deps.settings.api];
    const url = new URL(deps.settings.url);
    if (!url.pathname.endsWith(path)) url.pathname = url.pathname.replace(/\/+$/, "") + path;
    this.#url = url.href;
  }

  /** The number of dimensions is what the service answers with. */
  async model(): Promise<ModelFacts> {
    if (this.#facts !== undefined) return this.#facts;
    const [vector] = await this.embed([PROBE], "document");
    const { origin, pathname } = new URL(this.#url);
    const { model, documentPrefix } = this.#settings;
    const id = `http:${origin}${pathname}:${model}${documentPrefix === "" ? "" : `:${documentPrefix}`}`;
    this.#facts = { id, dimensions: vector?.length ?? 0 };
    return this.#facts;
  }

  async embed(texts: readonly string[], kind: TextKind): Promise<readonly Float32Array[]> {
    const prefix = this.#settings[kind === "query" ? "queryPrefix" : "documentPrefix"];
    const prefixed = prefix === "" ? texts : texts.map((text) => prefix + text);
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#attempt(prefixed);
      } catch (error) {
        const failure = toFailure(error);
        if (!failure.retryable || attempt >= ATTEMPTS[kind] || this.#closing.signal.aborted) throw failure;
        await this.#pauseAfter(failure, attempt);
      }
    }
  }

  close(): Promise<void> {
    this.#closing.abort();
    return Promise.resolve();
  }

  async #attempt(texts: readonly string[]): Promise<readonly Float32Array[]> {
    if (this.#inFlight >= MAX_IN_FLIGHT) throw new EmbedderFailure("Too many texts wait to be embedded.");
    this.#inFlight++;
    try {
      return vectorsOf(await this.#send(texts), texts.length, this.#settings.api, this.#facts?.dimensions);
    } finally {
      this.#inFlight--;
    }
  }

  async #send(texts: readonly string[]): Promise<HttpAnswer> {
    const { api, model, apiKey, timeoutMs } = this.#settings;
    const deadline = AbortSignal.timeout(timeoutMs);
    try {
      return await this.#egress.request({
        server: "embeddings",
        url: this.#url,
        method: "POST",
        headers: {
          "content-type": "application/json",
          accept: "application/json",
          ...(apiKey === "" ? {} : { authorization: `Bearer ${apiKey}` }),
        },
        body: JSON.stringify(APIS[api].body(texts, model)),
        maxBytes: MAX_ANSWER_BYTES,
        signal: AbortSignal.any([deadline, this.#closing.signal]),
      });
    } catch (cause) {
      if (!deadline.aborted) throw cause;
      throw new EmbedderFailure(`The embedding service gave no answer in ${timeoutMs} ms.`, { cause });
    }
  }

  async #pauseAfter(failure: EmbedderFailure, attempt: number): Promise<void> {
    const asked = failure instanceof Refused ? failure.afterMs : undefined;
    const ms = Math.min(MAX_PAUSE_MS, asked ?? FIRST_PAUSE_MS * 2 ** (attempt - 1));
    try {
      await this.#pause(ms, this.#closing.signal);
    } catch (cause) {
      throw new EmbedderFailure("The embedding service is no longer asked.", { cause, retryable: false });
    }
  }
}

/** The service answered, but not with vectors. */
class Refused extends EmbedderFailure {
  readonly afterMs: number | undefined;

  constructor({ status, headers }: HttpAnswer) {
    const passing = status === 408 || status === 429 || status >= 500;
    const byTexts = status === 400 || status === 413 || status === 422;
    super(`The embedding service answered with status ${status}.`, { retryable: passing, byTexts });
    const seconds = Number(headers["retry-after"]);
    this.afterMs = Number.isFinite(seconds) && seconds >= 0 ? seconds * 1_000 : undefined;
  }
}

/** A request that may have been executed is repeated all the same: to embed a text changes nothing. */
function toFailure(error: unknown): EmbedderFailure {
  if (error instanceof EmbedderFailure) return error;
  const reason = error instanceof Error ? error.message : String(error);
  return new EmbedderFailure(`The embedding service cannot be used: ${reason}`, { cause: error });
}

function vectorsOf(
  answer: HttpAnswer,
  count: number,
  api: HttpSettings["api"],
  dimensions: number | undefined,
): readonly Float32Array[] {
  if (answer.status !== 200) throw new Refused(answer);
  const rows = APIS[api].vectors(parsed(answer.body));
  if (rows === undefined || rows.length !== count) throw strange("as many vectors as texts were expected");
  const vectors = rows.map(toVector);
  const length = dimensions ?? vectors[0]?.length ?? 0;
  if (vectors.some((vector) => vector.length !== length)) throw strange("the vectors differ in length");
  return vectors;
}

function parsed(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString());
  } catch {
    throw strange("it is no JSON");
  }
}

/** The rows may come in any order. */
function readOpenAi(answer: unknown): unknown[] | undefined {
  const data = isJsonObject(answer) ? answer["data"] : undefined;
  if (!Array.isArray(data)) return undefined;
  const rows: unknown[] = [];
  for (const [position, row] of (data as unknown[]).entries()) {
    if (!isJsonObject(row)) return undefined;
    const index = row["index"] ?? position;
    if (typeof index !== "number" || index < 0 || index >= data.length || index in rows) return undefined;
    rows[index] = row["embedding"];
  }
  return rows;
}

function toVector(row: unknown): Float32Array {
  if (!Array.isArray(row) || row.length === 0 || row.length > MAX_DIMENSIONS) {
    throw strange(`a vector of 1 to ${MAX_DIMENSIONS} numbers was expected`);
  }
  if (row.some((value) => typeof value !== "number"))
    throw strange("a vector has something else than numbers");
  return normalise(Float32Array.from(row as number[]));
}

function strange(reason: string): EmbedderFailure {
  return new EmbedderFailure(`The embedding service's answer cannot be read: ${reason}.`, {
    retryable: false,
    byTexts: true,
  });
}
