const EMPTY = Buffer.alloc(0);

/** Puts chunks together. One chunk is kept as it is; many tiny ones cost no more memory than the bytes that they hold. */
export class ByteBuffer {
  #bytes: Buffer = EMPTY;
  #length = 0;
  /** Whether `#bytes` is memory of ours, with room at its end. */
  #owned = false;

  get length(): number {
    return this.#length;
  }

  push(chunk: Buffer): void {
    if (this.#length === 0) {
      this.#bytes = chunk;
      this.#owned = false;
    } else {
      this.#makeRoom(this.#length + chunk.length);
      chunk.copy(this.#bytes, this.#length);
    }
    this.#length += chunk.length;
  }

  /** All of it; the buffer is empty afterwards. */
  take(): Buffer {
    const bytes = this.#bytes.length === this.#length ? this.#bytes : this.#bytes.subarray(0, this.#length);
    this.#bytes = EMPTY;
    this.#length = 0;
    return bytes;
  }

  #makeRoom(needed: number): void {
    if (this.#owned && needed <= this.#bytes.length) return;
    const room = Buffer.allocUnsafeSlow(Math.max(2 * needed, 1_024));
    this.#bytes.copy(room, 0, 0, this.#length);
    this.#bytes = room;
    this.#owned = true;
  }
}
