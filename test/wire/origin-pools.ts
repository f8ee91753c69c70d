import { lookup } from "node:dns";

import { Pool } from "undici";

import { Http1Pool } from "../../src/wire/http1/http1-pool.ts";
import type { OriginPool } from "../../src/wire/origin-pool.ts";

/** Both ways to an origin: what holds for the one must hold for the other. */
export const ORIGIN_POOLS: readonly {
  readonly name: string;
  readonly open: (origin: string, connections?: number) => OriginPool;
}[] = [
  {
    name: "an own pool",
    open: (origin, connections = 4) => {
      const { hostname, port, host } = new URL(origin);
      return new Http1Pool({
        host: hostname,
        port: Number(port),
        hostHeader: host,
        lookup,
        connectMs: 5_000,
        maxHeadBytes: 16_384,
        connections,
      });
    },
  },
  {
    name: "a pool of undici",
    open: (origin, connections = 4) => new Pool(origin, { connections, headersTimeout: 0, bodyTimeout: 0 }),
  },
];
