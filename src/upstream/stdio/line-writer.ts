import type { Writable } from "node:stream";

const BATCH_CHARS = 64 * 1024;
/** A child that does not read: above this, lines whose callers have gone are forgotten at once. */
const TIDY_ABOVE = 64;

/** One line on its way out. */
export interface OutgoingLine {
  readonly text: string;
  /** True when it is not to be sent any more. */
  readonly withdrawn: boolean;
  /** Called just before the line leaves. */
  leaving(): void;
}

/**
 * Writes lines in order. What is sent in one turn of the event loop leaves in one write; while the pipe is full,
 * lines wait here and can still be withdrawn.
 */
export class LineWriter {
  readonly #stream: Writable;
  #queue: OutgoingLine[] = [];
  #scheduled = false;
  #full = false;

  constructor(stream: Writable) {
    this.#stream = stream;
    stream.on("drain", () => {
      this.#full = false;
      this.#flush();
    });
  }

  send(line: OutgoingLine): void {
    this.#queue.push(line);
    if (this.#full && this.#queue.length > TIDY_ABOVE) {
      this.#queue = this.#queue.filter((waiting) => !waiting.withdrawn);
    }
    if (this.#scheduled || this.#full) return;
    this.#scheduled = true;
    // After the I/O of this turn: requests that arrived on many sockets share one system call.
    setImmediate(() => {
      this.#scheduled = false;
      this.#flush();
    });
  }

  #flush(): void {
    while (this.#queue.length > 0 && !this.#full && this.#stream.writable) {
      this.#full = !this.#stream.write(this.#nextBatch());
    }
  }

  #nextBatch(): string {
    const queue = this.#queue;
    let batch = "";
    let taken = 0;
    for (const line of queue) {
      if (batch.length > BATCH_CHARS) break;
      taken += 1;
      if (line.withdrawn) continue;
      line.leaving();
      batch += line.text;
      batch += "\n";
    }
    this.#queue = taken === queue.length ? [] : queue.slice(taken);
    return batch;
  }
}
