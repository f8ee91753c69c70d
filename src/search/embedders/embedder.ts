import { GatewayError } from "../../domain/errors.ts";

/** What a model is. Vectors of different models are never compared, so the id changes with its files and settings. */
export interface ModelFacts {
  readonly id: string;
  readonly dimensions: number;
}

/** A query goes before the texts of tools: somebody waits for it. */
export type TextKind = "query" | "document";

/** Turns texts into vectors of length 1. Every method may reject with a GatewayError; none throws. */
export interface Embedder {
  /** The most texts of tools that should be given at once. */
  readonly batch: number;
  /** Loads the model if that was not done yet. */
  model(): Promise<ModelFacts>;
  /** One vector for each text, in their order; all zeros for a text of which the model knows nothing. */
  embed(texts: readonly string[], kind: TextKind): Promise<readonly Float32Array[]>;
  close(): Promise<void>;
}

/** An embedder cannot do its work just now. The message is for the operator. */
export class EmbedderFailure extends GatewayError {
  /** The very texts may be the cause: others may well be embedded. */
  readonly byTexts: boolean;

  constructor(message: string, options: { cause?: unknown; retryable?: boolean; byTexts?: boolean } = {}) {
    const { byTexts = false, ...rest } = options;
    super("search_unavailable", message, { retryable: true, ...rest });
    this.byTexts = byTexts;
  }
}

/** Scales the vector to length 1, in place. Nothing can be said of a vector with a number that is none. */
export function normalise(vector: Float32Array): Float32Array {
  let sum = 0;
  for (let index = 0; index < vector.length; index++) sum += (vector[index] ?? 0) ** 2;
  const scale = Number.isFinite(sum) && sum > 0 ? 1 / Math.sqrt(sum) : 0;
  for (let index = 0; index < vector.length; index++) {
    vector[index] = scale === 0 ? 0 : (vector[index] ?? 0) * scale;
  }
  return vector;
}
