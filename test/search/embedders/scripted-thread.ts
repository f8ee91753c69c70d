/** Stands in for the embedding thread: the first text of a batch tells it what to do. */
import { parentPort } from "node:worker_threads";

import type { ToWorker } from "../../../src/search/embedders/worker-messages.ts";

const port = parentPort;

function answer({ id, texts }: ToWorker): void {
  const [command = "", ms] = (texts[0] ?? "").split(" ");
  const vectors = new Float32Array(texts.length * 2).fill(1);
  if (command === "crash") throw new Error("out of luck");
  if (command === "hang") return;
  if (command === "refuse") port?.postMessage({ kind: "refused", id, reason: "no" }, []);
  else setTimeout(() => port?.postMessage({ kind: "vectors", id, vectors }, []), Number(ms ?? 0));
}

port?.on("message", answer);
port?.postMessage({ kind: "ready", model: { id: "scripted", dimensions: 2 } }, []);
