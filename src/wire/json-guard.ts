import { WireError } from "./wire-error.ts";

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;

const PROTOTYPE_KEYS = new Set(["__proto__", "constructor", "prototype"]);
/** The envelope: the message itself, its `params`, and their `_meta`. The key that opens the next level, by level. */
const ENVELOPE = ["", "params", "_meta"] as const;

/**
 * One linear look before `JSON.parse`: refuses nesting beyond `depth`, and duplicate or prototype keys in the envelope,
 * where two readers of one text could understand two different requests. Throws WireError; other faults are left to the parser.
 */
export function checkJson(text: string, limits: { readonly depth: number }): void {
  const envelope = new Envelope();
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === QUOTE) {
      const end = closingQuote(text, i);
      if (envelope.isInside(depth)) envelope.string(text, i, end);
      i = end;
    } else if (code === OPEN_BRACE || code === OPEN_BRACKET) {
      if (code === OPEN_BRACE) envelope.open(depth);
      if (++depth > limits.depth) throw WireError.invalid(`it is nested deeper than ${limits.depth} levels`);
    } else if (code === CLOSE_BRACE || code === CLOSE_BRACKET) {
      if (code === CLOSE_BRACE) envelope.close(depth);
      depth--;
    }
  }
}

/** The keys of those objects of the envelope that are open. */
class Envelope {
  readonly #keys: Set<string>[] = [];
  #lastKey = "";

  /** True directly inside the innermost open object of the envelope. */
  isInside(depth: number): boolean {
    return depth > 0 && depth === this.#keys.length;
  }

  open(depth: number): void {
    if (depth === this.#keys.length && this.#lastKey === ENVELOPE[depth]) this.#keys.push(new Set());
  }

  close(depth: number): void {
    if (depth === this.#keys.length) this.#keys.pop();
  }

  string(text: string, open: number, end: number): void {
    if (!isKey(text, end)) return;
    const key = keyAt(text, open, end);
    const keys = this.#keys.at(-1);
    if (PROTOTYPE_KEYS.has(key)) throw WireError.invalid(`the key "${key}" is not allowed`);
    if (keys?.has(key)) throw WireError.invalid(`the key "${key.slice(0, 64)}" appears twice`);
    keys?.add(key);
    this.#lastKey = key;
  }
}

/** The position of the quote that ends the string begun at `open`, or the end of the text. */
function closingQuote(text: string, open: number): number {
  let end = text.indexOf('"', open + 1);
  while (end !== -1 && isEscaped(text, end)) end = text.indexOf('"', end + 1);
  return end === -1 ? text.length : end;
}

function isEscaped(text: string, at: number): boolean {
  let slashes = 0;
  while (text.charCodeAt(at - 1 - slashes) === BACKSLASH) slashes++;
  return slashes % 2 === 1;
}

function isKey(text: string, end: number): boolean {
  let next = end + 1;
  while (isSpace(text.charCodeAt(next))) next++;
  return text.charCodeAt(next) === COLON;
}

function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09;
}

/** Decoded: `"\u0069d"` and `"id"` are the same key. */
function keyAt(text: string, open: number, end: number): string {
  const raw = text.slice(open + 1, end);
  if (!raw.includes("\\")) return raw;
  try {
    return JSON.parse(`"${raw}"`) as string;
  } catch (cause) {
    throw WireError.notJson(cause);
  }
}
