import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";

import { isJsonObject } from "../../domain/json.ts";
import { EmbedderFailure, normalise } from "./embedder.ts";
import { Safetensors } from "./safetensors.ts";
import { readTokenizer, type Tokenizer } from "./tokenizer.ts";
import type { LocalModel } from "./worker-messages.ts";

/** model2vec reads no more tokens of a text either. */
const MAX_TOKENS = 512;

interface Parts {
  readonly tokenizer: Tokenizer;
  readonly table: Float32Array;
  readonly dimensions: number;
  /** One for each token, or all alike. */
  readonly weights: Float32Array | undefined;
  /** The row of each token where several tokens share one, or token and row are the same. */
  readonly mapping: Float32Array | undefined;
}

/**
 * A model in the format of model2vec: a vector for each token, and a text is the mean of its tokens. It needs no
 * native code and takes microseconds a text. `folder` holds model.safetensors and tokenizer.json.
 */
export async function loadStaticModel(folder: string): Promise<LocalModel> {
  const [weights, tokenizer] = await Promise.all([
    readPart(folder, "model.safetensors"),
    readPart(folder, "tokenizer.json"),
  ]);
  const parts = partsOf(new Safetensors(weights), readTokenizer(parseTokenizer(tokenizer)));
  const digest = createHash("sha256").update(weights).update(tokenizer).digest("base64url");
  return {
    facts: { id: `static:${digest}`, dimensions: parts.dimensions },
    embed: (texts) => Promise.resolve(embedAll(texts, parts)),
  };
}

async function readPart(folder: string, name: string): Promise<Buffer> {
  try {
    return await readFile(join(folder, name));
  } catch (cause) {
    throw new EmbedderFailure(`There is no ${name} in ${folder}.`, { cause });
  }
}

function parseTokenizer(bytes: Buffer): Parameters<typeof readTokenizer>[0] {
  try {
    const value: unknown = JSON.parse(bytes.toString());
    if (isJsonObject(value)) return value;
  } catch {
    // Said below.
  }
  throw new EmbedderFailure("The model's tokenizer.json is no JSON object.");
}

function partsOf(file: Safetensors, tokenizer: Tokenizer): Parts {
  const table = file.tensor("embeddings") ?? file.tensor("embedding.weight");
  const [rows = 0, dimensions = 0] = table?.shape ?? [];
  if (table === undefined || table.shape.length !== 2 || rows === 0 || dimensions === 0) {
    throw new EmbedderFailure(`The model has no table of embeddings; it has: ${file.names.join(", ")}.`);
  }
  const weights = file.tensor("weights")?.values;
  return { tokenizer, table: table.values, dimensions, weights, mapping: file.tensor("mapping")?.values };
}

function embedAll(texts: readonly string[], parts: Parts): Float32Array<ArrayBuffer> {
  const vectors = new Float32Array(texts.length * parts.dimensions);
  for (const [row, text] of texts.entries()) {
    embedOne(text, parts, vectors.subarray(row * parts.dimensions, (row + 1) * parts.dimensions));
  }
  return vectors;
}

/** The mean need not be divided by the number of tokens: only the direction counts. */
function embedOne(
  text: string,
  { tokenizer, table, dimensions, weights, mapping }: Parts,
  sum: Float32Array,
): void {
  for (const token of tokenizer.tokens(text, MAX_TOKENS)) {
    const start = (mapping?.[token] ?? token) * dimensions;
    if (start + dimensions > table.length) continue;
    const weight = weights?.[token] ?? 1;
    for (let index = 0; index < dimensions; index++) {
      sum[index] = (sum[index] ?? 0) + weight * (table[start + index] ?? 0);
    }
  }
  normalise(sum);
}
