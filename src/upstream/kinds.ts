import type { Pool } from "undici";

import { GatewayError } from "../domain/errors.ts";
import type { HttpTool } from "../domain/http-tool.ts";
import type { Limits } from "../domain/limits.ts";
import type { Era } from "../domain/protocol.ts";
import type { Server } from "../domain/server.ts";
import type { Logger } from "../observability/logger.ts";
import type { Egress } from "../wire/egress.ts";
import type { ConnectionEvents } from "./connection.ts";
import { connectHttpTools } from "./http-tools/http-tools.ts";
import type { EraMemory } from "./http/era-memory.ts";
import type { ClientInfo, RemotePlan } from "./http/http-target.ts";
import { connectHttp } from "./http/http.ts";
import type { AnyConnection } from "./slot.ts";
import { connectSse } from "./sse/sse.ts";
import { connectStdio } from "./stdio/stdio.ts";

type Entry = Server["entry"];
/** One schema may allow several names of a type. */
type EntryOf<Type extends Entry["type"], E = Entry> = E extends { readonly type: infer T }
  ? Type extends T
    ? E
    : never
  : never;

export interface KindDeps {
  /** Replaces `${VAR}` references; throws GatewayError("needs_input"). */
  expand(text: string): string;
  httpTools(): readonly HttpTool[];
  readonly limits: Limits;
  /** `operator`: for definitions that may lead anywhere. `rest`: for the others, and for plain HTTP tools. */
  readonly egress: { readonly operator: Egress; readonly rest: Egress };
  readonly clientInfo: ClientInfo;
  readonly logger: Logger;
  /** The gateway's own environment, from which a child gets what every program needs. */
  readonly environment: Readonly<Record<string, string | undefined>>;
}

export interface ConnectRequest {
  readonly server: string;
  readonly wanted: Era;
  readonly listen: boolean;
  readonly deps: KindDeps;
  readonly eras: EraMemory;
  /** The connections of this server to an origin; opened once, closed with the server. */
  readonly pool: (url: string) => Pool;
  readonly events: ConnectionEvents;
  readonly signal: AbortSignal;
}

interface Kind<Of> {
  /** Whether there can be several connections: by era, and by whose session it is. */
  readonly several: boolean;
  connect(entry: Of, request: ConnectRequest): Promise<AnyConnection>;
}

const stdio: Kind<EntryOf<"stdio">> = {
  several: false,
  async connect(entry, { server, deps, events, signal }) {
    const { limits, clientInfo, logger, environment } = deps;
    const cwd = entry.cwd === undefined ? undefined : deps.expand(entry.cwd);
    const plan = {
      server,
      command: deps.expand(entry.command),
      args: entry.args.map((arg) => deps.expand(arg)),
      env: expandAll(entry.env, deps),
      baseEnv: environment,
      cwd,
      era: entry.gateway.era,
      limits,
      clientInfo,
      logger,
    };
    return connectStdio(plan, events, signal);
  },
};

const http: Kind<EntryOf<"http">> = {
  several: true,
  async connect(entry, request) {
    const { wanted, listen, eras, events, signal } = request;
    return connectHttp(
      { ...remote(entry, request), era: entry.gateway.era, wanted, listen, eras },
      events,
      signal,
    );
  },
};

const sse: Kind<EntryOf<"sse">> = {
  several: true,
  async connect(entry, request) {
    return connectSse(remote(entry, request), request.events, request.signal);
  },
};

const httpTools: Kind<EntryOf<"http-tools">> = {
  several: false,
  async connect(_, { server, deps, events, signal }) {
    const plan = { server, tools: () => deps.httpTools(), egress: deps.egress.rest, limits: deps.limits };
    return connectHttpTools(plan, events, signal);
  },
};

const KINDS: { readonly [Type in Entry["type"]]: Kind<EntryOf<Type>> } = {
  stdio,
  http,
  "streamable-http": http,
  streamableHttp: http,
  sse,
  "http-tools": httpTools,
};

export function kindOf(entry: Entry): Kind<Entry> {
  return KINDS[entry.type];
}

function remote(entry: EntryOf<"http"> | EntryOf<"sse">, { server, deps, pool }: ConnectRequest): RemotePlan {
  const { limits, clientInfo } = deps;
  const url = deps.expand(entry.url);
  // The text is not shown: what was put in for a reference may be secret.
  if (!/^https?:/i.test(url) || !URL.canParse(url)) {
    throw new GatewayError(
      "config_invalid",
      `The url of server "${server}" is not a valid http or https URL.`,
    );
  }
  return { server, url, headers: expandAll(entry.headers, deps), pool: pool(url), limits, clientInfo };
}

function expandAll(values: Readonly<Record<string, string>>, deps: KindDeps): Record<string, string> {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, deps.expand(value)]));
}
