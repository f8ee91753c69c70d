import type { RestDeps } from "../deps.ts";
import type { Route } from "../route.ts";
import { breakerRoutes } from "./breakers.ts";
import { cacheRoutes } from "./cache.ts";
import { callRoutes } from "./calls.ts";
import { catalogRoutes } from "./catalog.ts";
import { docsRoutes } from "./docs.ts";
import { executeRoutes } from "./execute.ts";
import { explainRoutes } from "./explain.ts";
import { healthRoutes } from "./health.ts";
import { keyRoutes } from "./keys.ts";
import { profileRoutes } from "./profiles.ts";
import { registeredToolRoutes } from "./registered-tools.ts";
import { searchRoutes } from "./search.ts";
import { serverCheckRoutes } from "./server-checks.ts";
import { serverRoutes } from "./servers.ts";
import { systemRoutes } from "./system.ts";
import { toolRoutes } from "./tools.ts";

/** The route table: every path that REST has. */
export function routes(deps: RestDeps): readonly Route[] {
  let document: Promise<object> | undefined;
  const table: readonly Route[] = [
    ...serverRoutes(deps),
    ...serverCheckRoutes(deps),
    ...breakerRoutes(deps),
    ...toolRoutes(deps),
    ...registeredToolRoutes(deps),
    ...searchRoutes(deps),
    ...executeRoutes(deps),
    ...callRoutes(deps),
    ...explainRoutes(deps),
    ...catalogRoutes(deps),
    ...profileRoutes(deps),
    ...keyRoutes(deps),
    ...cacheRoutes(deps),
    ...healthRoutes(deps),
    ...systemRoutes(deps),
    ...docsRoutes(() => (document ??= describe(table, deps.version)), deps.assets),
  ];
  return table;
}

/** Loaded and worked out when somebody asks: most gateways never do. */
async function describe(table: readonly Route[], version: string): Promise<object> {
  const { openApiDocument } = await import("../openapi.ts");
  return openApiDocument(table, version);
}
