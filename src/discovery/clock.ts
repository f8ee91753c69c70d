/** Time as a part of discovery sees it, so that tests need not wait. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Runs `work` once; the answer calls it off. */
  after(ms: number, work: () => void): () => void;
}

/** Its timers keep no process alive. */
export const systemClock: Clock = {
  now: Date.now,
  after: (ms, work) => {
    const timer = setTimeout(work, ms).unref();
    return () => clearTimeout(timer);
  },
};
