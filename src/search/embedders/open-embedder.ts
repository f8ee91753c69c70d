import type { EmbedderConfig } from "../../config/config.ts";
import type { Logger } from "../../observability/logger.ts";
import type { Egress } from "../../wire/egress.ts";
import type { Embedder } from "./embedder.ts";
import { HttpEmbedder } from "./http-embedder.ts";
import { WorkerEmbedder } from "./worker-embedder.ts";

/** The embedder that the config names; nothing for `none`. It loads its model when it is first asked. */
export function openEmbedder(
  settings: EmbedderConfig,
  deps: {
    egress: Pick<Egress, "request">;
    logger: Logger;
    /** The file that the embedding thread runs, if it is not beside this one. */
    thread?: URL;
  },
): Embedder | undefined {
  switch (settings.type) {
    case "none":
      return undefined;
    case "http":
      return new HttpEmbedder({ settings, egress: deps.egress });
    case "static":
    case "transformers":
      return new WorkerEmbedder({
        settings,
        logger: deps.logger,
        ...(deps.thread && { program: deps.thread }),
      });
  }
}
