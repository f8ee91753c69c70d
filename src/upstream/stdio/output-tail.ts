const MIN_SECRET_LENGTH = 8;

/**
 * The end of what a child wrote to stderr, at most `maxBytes`. Values of declared variables are written as `${NAME}`:
 * programs like to print their configuration, and this text is shown to people.
 */
export class OutputTail {
  readonly #maxBytes: number;
  readonly #secrets: readonly (readonly [value: string, name: string])[];
  #chunks: Buffer[] = [];
  #size = 0;
  #cut = false;

  constructor(maxBytes: number, variables: Readonly<Record<string, string>>) {
    this.#maxBytes = maxBytes;
    this.#secrets = Object.entries(variables)
      .filter(([, value]) => value.length >= MIN_SECRET_LENGTH)
      .map(([name, value]) => [value, name] as const)
      .sort(([a], [b]) => b.length - a.length);
  }

  push(chunk: Buffer): void {
    const kept = chunk.length > this.#maxBytes ? chunk.subarray(-this.#maxBytes) : chunk;
    this.#cut ||= kept.length < chunk.length;
    this.#chunks.push(kept);
    this.#size += kept.length;
    while (this.#size > this.#maxBytes) {
      this.#size -= this.#chunks.shift()?.length ?? this.#size;
      this.#cut = true;
    }
    // Many tiny writes would cost more in buffers than in bytes.
    if (this.#chunks.length > 256) this.#chunks = [Buffer.concat(this.#chunks)];
  }

  get text(): string {
    let text = Buffer.concat(this.#chunks).toString("utf8");
    for (const [value, name] of this.#secrets) text = text.replaceAll(value, `\${${name}}`);
    return this.#cut ? this.#afterCut(text) : text;
  }

  /** The last whole lines within `maxChars`, for an error. */
  last(maxChars: number): string {
    const text = this.text.trimEnd();
    if (text.length <= maxChars) return text;
    const tail = text.slice(-maxChars);
    return tail.slice(tail.indexOf("\n") + 1);
  }

  /** The cut may have halved a secret, which is then not found: the first line goes, or as much as a secret is long. */
  #afterCut(text: string): string {
    const lineEnd = text.indexOf("\n");
    return text.slice(lineEnd === -1 ? (this.#secrets[0]?.[0].length ?? 0) : lineEnd + 1);
  }
}
