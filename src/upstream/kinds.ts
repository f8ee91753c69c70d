import { GatewayError } from "../domain/errors.ts";
import type { HttpTool } from "../domain/http-tool.ts";
import type { Limits } from "../domain/limits.ts";
import type { Era } from "../domain/protocol.ts";
import type { Server } from "../domain/server.ts";
import type { Logger } from "../observability/logger.ts";
import type { Egress } from "../wire/egress.ts";
import type { ClientSelf, ConnectionEvents } from "./connection.ts";
import { connectHttpTools } from "./http-tools/http-tools.ts";
import type { EraMemory } from "./http/era-memory.ts";
import type { ClientInfo, RemotePlan } from "./http/http-target.ts";
import { connectHttp } from "./http/http.ts";
import type { LeaseLaw } from "./leases.ts";
import type { SharingTraits } from "./sharing.ts";
import type { AnyConnection } from "./slot.ts";
import type { Sockets } from "./sockets.ts";
import { connectSse } from "./sse/sse.ts";
import type { Children } from "./stdio/children.ts";
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
  readonly children: Children;
}

export interface ConnectRequest {
  readonly server: string;
  readonly wanted: Era;
  /** What the connection declares. */
  readonly client: ClientSelf;
  /** Or for one scope only. */
  readonly shared: boolean;
  readonly deps: KindDeps;
  readonly eras: EraMemory;
  readonly sockets: Sockets;
  readonly events: ConnectionEvents;
  readonly signal: AbortSignal;
}

interface Kind<Of> extends SharingTraits {
  /**
   * For which callers there is a shared connection of the 2026 era, besides the one of 2025: all of that era, or only those
   * who can be asked something, because a connection is dear.
   */
  readonly modern: "all" | "interactive" | "none";
  readonly leaseLaw: LeaseLaw;
  /** After how long without use a shared connection is closed, if the settings do not say; 0: never. */
  readonly idleMs: number;
  connect(entry: Of, request: ConnectRequest): Promise<AnyConnection>;
}

const SESSIONS: LeaseLaw = { max: 256, evictIdle: true };
const PROCESSES: LeaseLaw = { max: 16, evictIdle: false };

const stdio: Kind<EntryOf<"stdio">> = {
  modern: "interactive",
  leases: "interactive",
  questionsNameCalls: false,
  leaseLaw: PROCESSES,
  idleMs: 30 * 60_000,
  async connect(entry, request) {
    const { server, wanted, client, shared, eras, deps, events, signal } = request;
    const { limits, clientInfo, logger, environment, children } = deps;
    const cwd = entry.cwd === undefined ? undefined : deps.expand(entry.cwd);
    const plan = {
      server,
      command: deps.expand(entry.command),
      args: entry.args.map((arg) => deps.expand(arg)),
      env: expandAll(entry.env, deps),
      baseEnv: environment,
      cwd,
      era: entry.gateway.era,
      wanted,
      eras,
      limits,
      clientInfo,
      client,
      shared,
      logger,
      children,
    };
    return connectStdio(plan, events, signal);
  },
};

const http: Kind<EntryOf<"http">> = {
  modern: "all",
  leases: "sessions",
  questionsNameCalls: true,
  leaseLaw: SESSIONS,
  idleMs: 0,
  async connect(entry, request) {
    const { wanted, shared, eras, events, signal } = request;
    const stream = shared ? "news" : "always";
    const { era } = entry.gateway;
    return connectHttp({ ...remote(entry, request), era, wanted, stream, eras }, events, signal);
  },
};

const sse: Kind<EntryOf<"sse">> = {
  modern: "none",
  leases: "sessions",
  questionsNameCalls: false,
  leaseLaw: SESSIONS,
  idleMs: 0,
  async connect(entry, request) {
    return connectSse(remote(entry, request), request.events, request.signal);
  },
};

const httpTools: Kind<EntryOf<"http-tools">> = {
  modern: "none",
  leases: "never",
  questionsNameCalls: true,
  leaseLaw: SESSIONS,
  idleMs: 0,
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

function remote(entry: EntryOf<"http"> | EntryOf<"sse">, request: ConnectRequest): RemotePlan {
  const { server, deps, sockets, client, shared } = request;
  const { limits, clientInfo } = deps;
  const url = deps.expand(entry.url);
  // The text is not shown: what was put in for a reference may be secret.
  if (!/^https?:/i.test(url) || !URL.canParse(url)) {
    throw new GatewayError(
      "config_invalid",
      `The url of server "${server}" is not a valid http or https URL.`,
    );
  }
  return {
    server,
    url,
    headers: expandAll(entry.headers, deps),
    pool: sockets.forCalls(url),
    streamPool: sockets.forStreams(url),
    limits,
    clientInfo,
    client,
    shared,
  };
}

function expandAll(values: Readonly<Record<string, string>>, deps: KindDeps): Record<string, string> {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, deps.expand(value)]));
}
