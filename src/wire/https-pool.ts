import { createRequire } from "node:module";

import type { Pool, buildConnector } from "undici";

import type { AddressGuard } from "./address-guard.ts";
import type { OriginPool } from "./origin-pool.ts";

interface Undici {
  readonly Pool: typeof Pool;
  readonly buildConnector: typeof buildConnector;
}

/** Only a gateway with an upstream behind TLS pays for loading it. */
const load = createRequire(import.meta.url);

/** Connections to one origin over HTTP/1.1 and TLS: there undici does the work, and TLS is most of it. */
export function httpsPool(
  origin: string,
  guard: AddressGuard,
  options: { readonly connections: number; readonly connectMs: number; readonly maxHeadBytes: number },
): OriginPool {
  const undici = load("undici") as Undici;
  const connect = undici.buildConnector({ timeout: options.connectMs, lookup: guard.lookup });
  return new undici.Pool(origin, {
    connections: options.connections,
    connect: (request, callback) => {
      const refusal = guard.refusalOfHost;
      if (refusal === undefined) connect(request, callback);
      else callback(refusal, null);
    },
    maxHeaderSize: options.maxHeadBytes,
    // Every request has a deadline of its own, through its signal.
    headersTimeout: 0,
    bodyTimeout: 0,
  });
}
