/** What the embedding thread runs: it loads one model, says so, and embeds what it is sent. */
import { parentPort, workerData } from "node:worker_threads";

import type { LocalModel, LocalSettings, ToMain, ToWorker } from "./worker-messages.ts";

const settings = workerData as LocalSettings;

function say(message: ToMain, transfer: readonly ArrayBuffer[] = []): void {
  parentPort?.postMessage(message, transfer);
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

async function load(): Promise<LocalModel> {
  if (settings.type === "static") return (await import("./static-model.ts")).loadStaticModel(settings.folder);
  return (await import("./transformers-model.ts")).loadTransformersModel(settings);
}

async function embed(model: LocalModel, { id, texts, kind }: ToWorker): Promise<void> {
  const prefix = kind === "query" ? settings.queryPrefix : settings.documentPrefix;
  try {
    const vectors = await model.embed(texts.map((text) => prefix + text));
    say({ kind: "vectors", id, vectors }, [vectors.buffer]);
  } catch (error) {
    say({ kind: "refused", id, reason: `The texts cannot be embedded: ${reasonOf(error)}` });
  }
}

try {
  const model = await load();
  const { id, dimensions } = model.facts;
  parentPort?.on("message", (message: ToWorker) => {
    embed(model, message).catch((error: unknown) => say({ kind: "failed", reason: reasonOf(error) }));
  });
  say({
    kind: "ready",
    model: { id: settings.documentPrefix === "" ? id : `${id}:${settings.documentPrefix}`, dimensions },
  });
} catch (error) {
  say({ kind: "failed", reason: `The embedding model cannot be loaded: ${reasonOf(error)}` });
}
