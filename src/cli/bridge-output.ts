import type { Writable } from "node:stream";
import { setTimeout as pause } from "node:timers/promises";

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const BLANK = 0x20;
const LINE_END = Buffer.of(LINE_FEED);

const PROGRESS = Buffer.from('"notifications/progress"');
/** Progress notifications are small; in anything larger the words would be somebody's text. */
const PROGRESS_BYTES = 4_096;
/**
 * SDK v1's stdio client drops a progress event that arrives in one chunk with the answer (measured: 18 of 25 calls; 0–2
 * with this pause; a turn of the event loop does not help).
 */
const PAUSE_MS = 5;

/** Writes one message a line, no faster than the client reads. */
export class BridgeOutput {
  readonly #stream: Writable;
  #drained: Promise<void> | undefined;
  #progressAt = 0;

  constructor(stream: Writable) {
    this.#stream = stream;
  }

  /** A message that is JSON. Dropped when the client has gone. */
  async write(message: Buffer): Promise<void> {
    const isProgress = message.length < PROGRESS_BYTES && message.includes(PROGRESS);
    const isClose = !isProgress && performance.now() - this.#progressAt < PAUSE_MS;
    if (isClose) await pause(PAUSE_MS);
    if (isProgress) this.#progressAt = performance.now();
    if (!this.#stream.writable) return;
    const isFull = !this.#stream.write(Buffer.concat([onOneLine(message), LINE_END]));
    if (isFull) await (this.#drained ??= this.#untilDrained());
  }

  async #untilDrained(): Promise<void> {
    await new Promise<void>((resolve) => {
      const done = (): void => {
        this.#stream.off("drain", done).off("close", done);
        resolve();
      };
      this.#stream.on("drain", done).on("close", done);
    });
    this.#drained = undefined;
  }
}

/** In JSON a line break is white space between tokens, and nothing else. */
function onOneLine(message: Buffer): Buffer {
  if (!message.includes(LINE_FEED) && !message.includes(CARRIAGE_RETURN)) return message;
  return message.map((byte) => (byte === LINE_FEED || byte === CARRIAGE_RETURN ? BLANK : byte)) as Buffer;
}
