import type { EmbedderConfig } from "../../config/config.ts";
import type { ModelFacts, TextKind } from "./embedder.ts";

/** What runs in the thread. */
export type LocalSettings = Extract<EmbedderConfig, { type: "static" | "transformers" }>;

export interface ToWorker {
  readonly id: number;
  readonly texts: readonly string[];
  readonly kind: TextKind;
}

export type ToMain =
  | { readonly kind: "ready"; readonly model: ModelFacts }
  | { readonly kind: "failed"; readonly reason: string }
  | { readonly kind: "refused"; readonly id: number; readonly reason: string }
  | { readonly kind: "vectors"; readonly id: number; readonly vectors: Float32Array<ArrayBuffer> };

/** A model in the thread. Vectors have length 1 and lie one after the other. */
export interface LocalModel {
  readonly facts: ModelFacts;
  embed(texts: readonly string[]): Promise<Float32Array<ArrayBuffer>>;
}
