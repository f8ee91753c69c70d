import { GatewayError } from "../domain/errors.ts";

const NEWLINE = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/** A line grew beyond the cap. `lines` were complete before it; the reader is of no more use. */
export class LineTooLong extends GatewayError {
  readonly lines: readonly Buffer[];

  constructor(maxBytes: number, lines: readonly Buffer[]) {
    super("payload_too_large", `A message is longer than ${maxBytes} bytes.`, {
      details: { max_bytes: maxBytes },
    });
    this.lines = lines;
  }
}

/**
 * Cuts a byte stream into lines (stdio framing of MCP). Lines come without their line end; empty ones are left out.
 * Memory is bounded: a line is refused as soon as it is known to be too long, not when it ends.
 */
export class LineReader {
  readonly #maxBytes: number;
  #parts: Buffer[] = [];
  #size = 0;
  #overflown = false;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Bytes of the line that has begun and not ended. */
  get pendingBytes(): number {
    return this.#size;
  }

  /** The lines that this chunk completes; they may share memory with it. Throws `LineTooLong`, then on every later call. */
  push(chunk: Buffer): Buffer[] {
    const lines: Buffer[] = [];
    if (this.#overflown) throw new LineTooLong(this.#maxBytes, lines);
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
      this.#keep(chunk.subarray(start, end), lines);
      const line = this.#take();
      if (line.length > 0) lines.push(line);
      start = end + 1;
    }
    if (start < chunk.length) this.#keep(start === 0 ? chunk : chunk.subarray(start), lines);
    return lines;
  }

  /** What is left at the end of the stream: a last line without a line end. */
  end(): Buffer | undefined {
    const line = this.#take();
    return line.length > 0 ? line : undefined;
  }

  #keep(part: Buffer, lines: readonly Buffer[]): void {
    this.#size += part.length;
    if (this.#size > this.#maxBytes) {
      this.#overflown = true;
      this.#parts = [];
      this.#size = 0;
      throw new LineTooLong(this.#maxBytes, lines);
    }
    this.#parts.push(part);
  }

  #take(): Buffer {
    const line =
      this.#parts.length === 1 && this.#parts[0] !== undefined ? this.#parts[0] : Buffer.concat(this.#parts);
    this.#parts = [];
    this.#size = 0;
    return line.at(-1) === CARRIAGE_RETURN ? line.subarray(0, -1) : line;
  }
}
