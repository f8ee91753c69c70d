import type { Egress } from "../wire/egress.ts";
import type { OriginPool } from "../wire/origin-pool.ts";

/** A stream holds its socket for as long as it lasts; there are never more of them than connections. */
const MAX_STREAMS = 1_024;

/** The sockets of one server, by origin. Long streams have their own, so that no number of them holds up a call. */
export class Sockets {
  readonly #egress: Egress;
  readonly #calls = new Map<string, OriginPool>();
  readonly #streams = new Map<string, OriginPool>();

  constructor(egress: Egress) {
    this.#egress = egress;
  }

  forCalls(url: string): OriginPool {
    return poolIn(this.#calls, url, (origin) => this.#egress.pool(origin));
  }

  forStreams(url: string): OriginPool {
    return poolIn(this.#streams, url, (origin) => this.#egress.pool(origin, { connections: MAX_STREAMS }));
  }

  async close(): Promise<void> {
    const pools = [...this.#calls.values(), ...this.#streams.values()];
    await Promise.all(pools.map((pool) => pool.destroy()));
  }
}

function poolIn(
  pools: Map<string, OriginPool>,
  url: string,
  open: (origin: string) => OriginPool,
): OriginPool {
  const { origin } = new URL(url);
  let pool = pools.get(origin);
  if (pool === undefined) {
    pool = open(origin);
    pools.set(origin, pool);
  }
  return pool;
}
