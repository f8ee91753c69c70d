import { getHeapStatistics } from "node:v8";

export interface Load {
  /** How late the event loop was. */
  readonly lagMs: number;
  /** Used part of the heap that this process may have, 0 … 1. */
  readonly heapShare: number;
}

/** Often enough that a loop which is blocked again and again is late each time. */
const EVERY_MS = 25;

/** Tells the load some 40 times a second; returns what stops it. It keeps no process alive. */
export function watchLoad(onLoad: (load: Load) => void): () => void {
  let armedAt = performance.now();
  const measure = (): void => {
    const lagMs = Math.max(0, performance.now() - armedAt - EVERY_MS);
    const { used_heap_size, heap_size_limit } = getHeapStatistics();
    armedAt = performance.now();
    timer.refresh();
    onLoad({ lagMs, heapShare: used_heap_size / heap_size_limit });
  };
  const timer = setTimeout(measure, EVERY_MS).unref();
  return () => clearTimeout(timer);
}
