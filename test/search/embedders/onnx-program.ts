import { createLogger } from "../../../src/observability/logger.ts";
import { WorkerEmbedder } from "../../../src/search/embedders/worker-embedder.ts";
import type { LocalSettings } from "../../../src/search/embedders/worker-messages.ts";

/**
 * Embeds with a model in ONNX and prints what came of it. A process of its own: native code of that size must not be
 * able to take the whole test run with it.
 */
const [, , settings = "{}", ...texts] = process.argv;
const logger = createLogger({ level: "silent", write: () => {} });
const embedder = new WorkerEmbedder({ settings: JSON.parse(settings) as LocalSettings, logger });
const found = await answer();
process.stdout.write(`${JSON.stringify(found)}\n`);
await embedder.close();
process.exit(0);

async function answer(): Promise<unknown> {
  try {
    const facts = await embedder.model();
    const rows = await embedder.embed(texts, "document");
    return { facts, rows: rows.map((row) => [...row]) };
  } catch (error) {
    return { error: (error as Error).message };
  }
}
