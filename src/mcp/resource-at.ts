import { GatewayError } from "../domain/errors.ts";
import type { Catalog } from "../registry/registry.ts";
import { type Endpoint, covers } from "./endpoint.ts";
import type { Target } from "./subscriptions.ts";

export interface ResourceDeps {
  readonly catalog: () => Catalog;
  /** Waits, within bounds, until upstreams that are still connecting at start-up have shown what they offer. */
  readonly settled: () => Promise<void>;
}

/** Whose resource a URI is on an endpoint. A server's own endpoint leaves it to the server to know its URIs. */
export async function resourceAt(
  endpoint: Endpoint,
  uri: string,
  { catalog, settled }: ResourceDeps,
): Promise<Target | undefined> {
  if (endpoint.kind === "server") return { server: endpoint.server, uri };
  let target = catalog().resolveResource(uri);
  if (target === undefined) {
    await settled();
    target = catalog().resolveResource(uri);
  }
  return target !== undefined && covers(endpoint, target.server) ? target : undefined;
}

export function resourceNotFound(uri: string): GatewayError {
  const options = { details: { uri }, executed: "not_executed" } as const;
  return new GatewayError("resource_not_found", `Resource not found: ${uri}`, options);
}
