import { createHash } from "node:crypto";

import { canonicalJson } from "../../domain/json.ts";
import type { Era } from "../../domain/protocol.ts";
import type { EraSetting } from "../connection.ts";

const EXPIRY_MS = 60 * 60_000;
const MAX_ENTRIES = 10_000;

/** Which eras upstreams were found to speak, by their configuration, for an hour. An era that was not tried is not known. */
export class EraMemory {
  readonly #now: () => number;
  readonly #entries = new Map<string, { readonly spoken: Map<Era, boolean>; readonly expiresAt: number }>();

  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  speaks(key: string, era: Era): boolean | undefined {
    return this.#entry(key)?.spoken.get(era);
  }

  learn(key: string, era: Era, speaks: boolean): void {
    const entry = this.#entry(key) ?? { spoken: new Map(), expiresAt: this.#now() + EXPIRY_MS };
    entry.spoken.set(era, speaks);
    this.#entries.set(key, entry);
    const [oldest] = this.#entries.keys();
    if (this.#entries.size > MAX_ENTRIES && oldest !== undefined) this.#entries.delete(oldest);
  }

  forget(key: string): void {
    this.#entries.delete(key);
  }

  #entry(key: string): { readonly spoken: Map<Era, boolean>; readonly expiresAt: number } | undefined {
    const entry = this.#entries.get(key);
    if (entry !== undefined && entry.expiresAt <= this.#now()) {
      this.#entries.delete(key);
      return undefined;
    }
    return entry;
  }
}

/** Another key for another URL, other credentials or another setting. */
export function eraKey(plan: {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly era: EraSetting;
}): string {
  return keyOf([plan.url, plan.headers, plan.era]);
}

/** Another key for another program, other arguments or another environment. */
export function programKey(plan: {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd?: string | undefined;
  readonly era: EraSetting;
}): string {
  return keyOf([plan.command, plan.args, plan.env, plan.cwd, plan.era]);
}

/** A hash: headers and variables hold secrets. */
function keyOf(configuration: readonly unknown[]): string {
  return createHash("sha256").update(canonicalJson(configuration)).digest("hex");
}
