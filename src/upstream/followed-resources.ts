import type { JsonObject } from "../domain/json.ts";
import type { Reply } from "../wire/reply.ts";

/** For requests that nobody waits for. */
const COURTESY_MS = 10_000;

/** The resources whose changes a 2025 connection has asked for. */
export class FollowedResources {
  readonly #uris = new Set<string>();
  readonly #ask: (method: string, params: JsonObject, signal: AbortSignal) => Promise<Reply>;

  constructor(ask: (method: string, params: JsonObject, signal: AbortSignal) => Promise<Reply>) {
    this.#ask = ask;
  }

  get uris(): Iterable<string> {
    return this.#uris;
  }

  async follow(uri: string, signal: AbortSignal): Promise<Reply> {
    this.#uris.add(uri);
    try {
      const reply = await this.#ask("resources/subscribe", { uri }, signal);
      if (reply.kind === "error") this.#uris.delete(uri);
      // Given up meanwhile; the two requests may have overtaken each other.
      else if (!this.#uris.has(uri)) this.#unsubscribe(uri);
      return reply;
    } catch (error) {
      this.#uris.delete(uri);
      throw error;
    }
  }

  unfollow(uri: string): void {
    if (this.#uris.delete(uri)) this.#unsubscribe(uri);
  }

  /** A new session knows nothing of the old one's subscriptions, and something may have changed meanwhile. */
  renew(onMissed: (uri: string) => void): void {
    for (const uri of this.#uris) {
      this.#ask("resources/subscribe", { uri }, AbortSignal.timeout(COURTESY_MS))
        .then(() => onMissed(uri))
        .catch(() => undefined);
    }
  }

  #unsubscribe(uri: string): void {
    this.#ask("resources/unsubscribe", { uri }, AbortSignal.timeout(COURTESY_MS)).catch(() => undefined);
  }
}
