import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readdir } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

import type * as Transformers from "@huggingface/transformers";

import { EmbedderFailure, normalise } from "./embedder.ts";
import type { LocalModel, LocalSettings } from "./worker-messages.ts";

type Settings = Extract<LocalSettings, { type: "transformers" }>;
type Library = Pick<typeof Transformers, "env" | "pipeline">;
type Extractor = Awaited<ReturnType<typeof openExtractor>>;

/** One core is enough for a query, and leaves the others to calls. */
const THREADS = 1;
const PROBE = "list the files of a folder";

/** A model in ONNX that the library of Hugging Face runs: of a folder, or of the hub. */
export async function loadTransformersModel(settings: Settings): Promise<LocalModel> {
  const library = await loadLibrary();
  configure(library, settings);
  const extractor = await openExtractor(library, settings).catch((cause: unknown) => {
    throw new EmbedderFailure(explain(settings, cause), { cause });
  });
  const probe = await embedAll([PROBE], extractor, settings);
  const version = settings.isFolder ? await digestOf(settings.model) : settings.model;
  return {
    facts: {
      id: `transformers:${version}:${settings.dtype}:${settings.pooling}`,
      dimensions: probe.length,
    },
    embed: (texts) => embedAll(texts, extractor, settings),
  };
}

/** It weighs as much as all the rest together, so an installation may go without it. */
async function loadLibrary(): Promise<Library> {
  try {
    return await import("@huggingface/transformers");
  } catch (cause) {
    throw new EmbedderFailure(
      "The optional package @huggingface/transformers is not installed; install it, or use another embedder.",
      { cause, retryable: false },
    );
  }
}

/** Nothing is downloaded unless the operator said so. */
function configure({ env }: Library, { model, isFolder, allowRemoteModels, cacheDir }: Settings): void {
  env.allowLocalModels = true;
  env.allowRemoteModels = !isFolder && allowRemoteModels;
  env.localModelPath = isFolder ? dirname(model) : cacheDir;
  env.cacheDir = cacheDir;
  env.useBrowserCache = false;
}

function openExtractor({ pipeline }: Library, { model, isFolder, dtype }: Settings) {
  return pipeline("feature-extraction", isFolder ? basename(model) : model, {
    device: "cpu",
    session_options: { intraOpNumThreads: THREADS, interOpNumThreads: 1 },
    ...(dtype === "auto" ? {} : { dtype }),
  });
}

async function embedAll(
  texts: readonly string[],
  extractor: Extractor,
  { pooling }: Settings,
): Promise<Float32Array<ArrayBuffer>> {
  const tensor = await extractor([...texts], { pooling, normalize: true });
  const [rows = 0, dimensions = 0] = tensor.dims;
  if (rows !== texts.length || tensor.dims.length !== 2) {
    throw new EmbedderFailure("The model does not give one vector for each text.", { retryable: false });
  }
  const vectors = Float32Array.from(tensor.data as Float32Array);
  tensor.dispose();
  for (let row = 0; row < rows; row++) normalise(vectors.subarray(row * dimensions, (row + 1) * dimensions));
  return vectors;
}

function explain({ isFolder, allowRemoteModels }: Settings, cause: unknown): string {
  const reason = cause instanceof Error ? cause.message : String(cause);
  if (isFolder || allowRemoteModels) return reason;
  return `${reason} (downloads are not allowed; gateway.search.embedder.allowRemoteModels allows them)`;
}

/** The same name may stand for another model tomorrow, so the files themselves are what counts. */
async function digestOf(folder: string): Promise<string> {
  const hash = createHash("sha256");
  const files = await readdir(folder, { recursive: true });
  for (const file of files.filter((name) => /\.(?:onnx|onnx_data|json)$/.test(name)).sort()) {
    hash.update(file);
    for await (const chunk of createReadStream(join(folder, file))) hash.update(chunk as Buffer);
  }
  return hash.digest("base64url");
}
