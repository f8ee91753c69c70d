import { authorize } from "../auth/auth.ts";
import { GatewayError, InvalidRequest, ServerNotFound, ToolNotFound } from "../domain/errors.ts";
import { type JsonObject, isJsonObject, stringAt } from "../domain/json.ts";
import type { Offering, Tool } from "../domain/offering.ts";
import type { Era } from "../domain/protocol.ts";
import type { CallAnswer, CallContext, ToolCall } from "../proxy/proxy.ts";
import type { Catalog, Profiles } from "../registry/registry.ts";
import { Reply } from "../wire/reply.ts";
import { newsOf } from "./call-news.ts";
import { completedFor2026 } from "./completed-result.ts";
import type { WrittenTools } from "./dialects/dialects.ts";
import { covers } from "./endpoint.ts";
import type { FrontRequest } from "./front-request.ts";
import { idempotencyKeyOf } from "./idempotency-key.ts";
import type { Introduction } from "./introduction.ts";
import { LIST_TTL_MS, type ListName, type ListPages } from "./list-pages.ts";
import { type ListenDeps, listen } from "./listen.ts";
import { type MetaTools, readerOf } from "./meta-tools/meta-tools.ts";
import { checkParamHeaders } from "./param-headers.ts";
import { markState } from "./questions/foreign-states.ts";
import { parkable } from "./questions/parkable.ts";
import type { ParkedCalls } from "./questions/parked-calls.ts";
import { toToolFailure } from "./rpc-errors.ts";
import { SESSION_METHODS, type SessionMethodDeps } from "./session-methods.ts";
import { principalOf } from "./session.ts";
import { resultFor2025 } from "./structured-output.ts";
import { TASK_METHODS, type TaskMethodDeps } from "./task-methods.ts";
import { mayCreateTask } from "./tasks.ts";
import { type AskedUri, withPublicQuestions, withPublicUris } from "./uris.ts";

export interface MethodDeps extends ListenDeps, SessionMethodDeps, TaskMethodDeps {
  readonly catalog: () => Catalog;
  readonly profiles: Profiles;
  readonly written: WrittenTools;
  readonly pages: ListPages;
  readonly introduction: Introduction;
  readonly metaTools: MetaTools;
  readonly parked: ParkedCalls;
  readonly proxy: {
    callTool(call: ToolCall): Promise<CallAnswer>;
    forward(server: string, method: string, params: JsonObject, context: CallContext): Promise<Reply>;
  };
  /** Waits, within bounds, until upstreams that are still connecting at start-up have shown what they offer. */
  readonly settled: () => Promise<void>;
  readonly isRegistered: (server: string) => boolean;
  readonly offeringOf: (server: string) => Offering | undefined;
  /** Why a server shows nothing, if that is so. */
  readonly failureOf: (server: string) => GatewayError | undefined;
}

export type Method = (request: FrontRequest, deps: MethodDeps) => Reply | Promise<Reply>;

const both = {
  "tools/list": list("tools"),
  "resources/list": list("resources"),
  "resources/templates/list": list("resourceTemplates"),
  "prompts/list": list("prompts"),
  "tools/call": parkable(callTool),
  "resources/read": parkable(readResource),
  "prompts/get": parkable(getPrompt),
  "completion/complete": complete,
} satisfies Record<string, Method>;

const METHODS: Readonly<Record<Era, ReadonlyMap<string, Method>>> = {
  "2025": new Map<string, Method>([
    ...Object.entries({ ...both, ...SESSION_METHODS, ...TASK_METHODS["2025"] }),
    ["ping", () => Reply.of("result", {}, "2025")],
  ]),
  "2026": new Map<string, Method>([
    ...Object.entries({ ...both, ...TASK_METHODS["2026"] }),
    ["subscriptions/listen", listen],
    [
      "server/discover",
      (request, { introduction }) =>
        Reply.of("result", introduction.discovery(request.endpoint, LIST_TTL_MS, readerOf(request)), "2026"),
    ],
  ]),
};

export function methodOf(era: Era, name: string): Method | undefined {
  return METHODS[era].get(name);
}

function list(name: ListName): Method {
  return async (request, deps) => {
    authorize(request.identity, name === "tools" ? "tool:read" : "mcp:connect");
    const { endpoint, era, params } = request;
    await deps.settled();
    if (endpoint.kind === "server" && deps.offeringOf(endpoint.server) === undefined) {
      const failure = deps.failureOf(endpoint.server);
      if (failure !== undefined) throw failure;
    }
    const cursor = params["cursor"];
    if (cursor !== undefined && typeof cursor !== "string")
      throw new InvalidRequest("params.cursor must be a string.");
    const short = name === "tools" ? deps.metaTools.shortList(request) : undefined;
    return new Reply("result", deps.pages.page(deps.catalog(), endpoint, era, name, cursor, short), era);
  };
}

async function callTool(request: FrontRequest, deps: MethodDeps): Promise<Reply> {
  const { name, arguments: given = {} } = request.params;
  if (typeof name !== "string") throw new InvalidRequest("params.name must be the name of a tool.");
  if (!isJsonObject(given)) throw new InvalidRequest("params.arguments must be an object.");
  let tool = findTool(request, deps, name) ?? (await deps.settled(), findTool(request, deps, name));
  let args = given;
  if (tool === undefined) {
    if (!deps.metaTools.has(name, request)) throw new ToolNotFound(name);
    const answer = await deps.metaTools.answer(name, given, request);
    if (answer instanceof Reply) return answer;
    ({ tool, args } = answer);
  } else args = directArguments(request, deps, tool, given);
  try {
    const extra = extraOf(request.params);
    // Written out, and not spread: this is the hot path (a leading spread costs 5 µs and outlives the young generation).
    const { identity, era, scope, signal, envelope, onProgress, onInterrupted, meta } = request;
    const call = {
      identity,
      era,
      scope,
      signal,
      envelope,
      onProgress,
      onRequest: answererOf(request, deps, tool.server),
      onInterrupted,
      onNotification: newsOf(request, deps.tasks, tool.server),
      tool,
      args,
      meta,
      extra,
      idempotencyKey: idempotencyKeyOf(request),
      record: request.record,
    };
    const answer = await deps.proxy.callTool(call);
    const reply = mayCreateTask(request)
      ? deps.tasks.created(answer.reply, tool.server, principalOf(identity))
      : answer.reply;
    return shown(
      request,
      deps,
      tool.server,
      request.era === "2025" ? resultFor2025(tool.definition, reply) : reply,
    );
  } catch (error) {
    const failure = toToolFailure(error, request.requestId, request.era);
    if (failure === undefined) throw error;
    return failure;
  }
}

/** Members of the params that the gateway does not know go on verbatim; most calls have none. */
function extraOf(params: JsonObject): JsonObject | undefined {
  let extra: Record<string, JsonObject[string]> | undefined;
  for (const key of Object.keys(params)) {
    if (key === "name" || key === "arguments" || key === "_meta") continue;
    extra ??= {};
    extra[key] = params[key];
  }
  return extra;
}

function findTool({ endpoint }: FrontRequest, deps: MethodDeps, name: string): Tool | undefined {
  if (endpoint.kind === "profile") return deps.profiles.view(endpoint.profile)?.tool(name);
  const catalog = deps.catalog();
  return endpoint.kind === "all" ? catalog.tool(name) : catalog.toolOf(endpoint.server, name);
}

/** Of a call that names the tool itself, also in its headers. A profile's dialect may show arguments under other names. */
function directArguments(request: FrontRequest, deps: MethodDeps, tool: Tool, given: JsonObject): JsonObject {
  const { endpoint, era } = request;
  const profile = endpoint.kind === "profile" ? deps.profiles.find(endpoint.profile) : undefined;
  const args = profile === undefined ? given : deps.written.arguments(tool, profile.schema, given);
  if (era === "2026") checkParamHeaders(tool, args, request.headers);
  return args;
}

async function readResource(request: FrontRequest, deps: MethodDeps): Promise<Reply> {
  authorize(request.identity, "resource:read");
  const uri = stringAt(request.params, "uri");
  if (uri === undefined) throw new InvalidRequest("params.uri must be the URI of a resource.");
  const target = await located(request, deps, () => deps.catalog().resolveResource(uri), uri);
  if (target === undefined) {
    const options = { details: { uri }, executed: "not_executed" } as const;
    throw new GatewayError("resource_not_found", `Resource not found: ${uri}`, options);
  }
  const asked = { publicUri: uri, upstreamUri: target.uri };
  return forward(request, deps, target.server, { ...request.params, uri: target.uri }, asked);
}

async function getPrompt(request: FrontRequest, deps: MethodDeps): Promise<Reply> {
  authorize(request.identity, "prompt:get");
  const name = stringAt(request.params, "name");
  if (name === undefined) throw new InvalidRequest("params.name must be the name of a prompt.");
  const target = await located(request, deps, () => promptAt(request, deps, name), name);
  if (target === undefined) throw promptNotFound(name);
  return forward(request, deps, target.server, { ...request.params, name: target.uri });
}

async function complete(request: FrontRequest, deps: MethodDeps): Promise<Reply> {
  authorize(request.identity, "prompt:get");
  const { ref } = request.params;
  if (!isJsonObject(ref)) throw new InvalidRequest("params.ref must be an object.");
  const name = stringAt(ref, "name") ?? stringAt(ref, "uri") ?? "";
  const isPrompt = ref["type"] === "ref/prompt";
  const find = () => (isPrompt ? promptAt(request, deps, name) : deps.catalog().resolveTemplate(name));
  const target = await located(request, deps, find, name);
  if (target === undefined)
    throw isPrompt ? promptNotFound(name) : new InvalidRequest(`Unknown reference: ${name}`);
  const upstreamRef = isPrompt ? { ...ref, name: target.uri } : { ...ref, uri: target.uri };
  return forward(request, deps, target.server, { ...request.params, ref: upstreamRef });
}

interface Target {
  readonly server: string;
  /** The upstream's own name or URI. */
  readonly uri: string;
}

/** On a server's own endpoint everything goes to that server as it is; elsewhere the catalog knows whose it is. */
async function located(
  { endpoint }: FrontRequest,
  deps: MethodDeps,
  find: () => Target | undefined,
  uri: string,
): Promise<Target | undefined> {
  if (endpoint.kind !== "server") {
    const target = find() ?? (await deps.settled(), find());
    return target !== undefined && covers(endpoint, target.server) ? target : undefined;
  }
  if (!deps.isRegistered(endpoint.server)) throw new ServerNotFound(endpoint.server);
  return { server: endpoint.server, uri };
}

function promptAt({ endpoint }: FrontRequest, deps: MethodDeps, name: string): Target | undefined {
  const view = endpoint.kind === "profile" ? deps.profiles.view(endpoint.profile) : deps.catalog();
  const prompt = view?.prompt(name);
  return prompt && { server: prompt.server, uri: prompt.name };
}

function promptNotFound(name: string): GatewayError {
  return new GatewayError("prompt_not_found", `Unknown prompt: ${name}`, { executed: "not_executed" });
}

async function forward(
  request: FrontRequest,
  deps: MethodDeps,
  server: string,
  params: JsonObject,
  asked?: AskedUri,
): Promise<Reply> {
  const { _meta, ...rest } = params;
  const upstreamParams = request.meta === undefined ? rest : { ...rest, _meta: request.meta };
  const reply = await deps.proxy.forward(
    server,
    request.method,
    upstreamParams,
    contextOf(request, deps, server),
  );
  return shown(request, deps, server, reply, asked);
}

function contextOf(request: FrontRequest, deps: MethodDeps, server: string): CallContext {
  const { identity, era, scope, signal, envelope, onProgress, onInterrupted } = request;
  const onNotification = newsOf(request, deps.tasks, server);
  const onRequest = answererOf(request, deps, server);
  return { identity, era, scope, signal, envelope, onProgress, onRequest, onInterrupted, onNotification };
}

/** Nothing for a caller that can answer nothing. */
function answererOf(
  request: FrontRequest,
  { tasks, catalog }: MethodDeps,
  server: string,
): CallContext["onRequest"] {
  const answer = tasks.answererOf(request, server);
  return answer && withPublicQuestions(answer, { catalog, endpoint: request.endpoint, server });
}

/** The answer as this caller is to see it: public URIs, and what its era demands of a result. */
function shown(
  request: FrontRequest,
  deps: MethodDeps,
  server: string,
  reply: Reply,
  asked?: AskedUri,
): Reply {
  const isOwn = request.endpoint.kind === "server";
  const named = isOwn ? reply : withPublicUris(reply, deps.catalog(), server, asked);
  if (request.era === "2025") return named;
  return named.era === "2026" ? markState(named) : completedFor2026(named, request.method);
}
