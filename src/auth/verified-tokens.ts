import type { Identity } from "../domain/identity.ts";

interface Verified {
  readonly identity: Identity;
  readonly until: number;
}

/** Tokens that were proved a moment ago, by their digest, so that most requests need no database. */
export class VerifiedTokens {
  readonly #byDigest = new Map<string, Verified>();
  readonly #most: number;
  #generation = 0;

  constructor(most: number) {
    this.#most = most;
  }

  /** Changes with every revocation: what was read from the database before one must not be kept after it. */
  get generation(): number {
    return this.#generation;
  }

  get(digest: string, now: number): Identity | undefined {
    const verified = this.#byDigest.get(digest);
    return verified !== undefined && now < verified.until ? verified.identity : undefined;
  }

  /** When it is full the oldest goes; entries are short-lived, so the order of use hardly matters. */
  put(digest: string, identity: Identity, until: number): void {
    this.#byDigest.delete(digest);
    this.#byDigest.set(digest, { identity, until });
    for (const oldest of this.#byDigest.keys()) {
      if (this.#byDigest.size <= this.#most) break;
      this.#byDigest.delete(oldest);
    }
  }

  forget(keyId: string): void {
    this.#generation++;
    for (const [digest, { identity }] of this.#byDigest)
      if (identity.keyId === keyId) this.#byDigest.delete(digest);
  }
}
