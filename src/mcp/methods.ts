import { authorize } from "../auth/auth.ts";
import { GatewayError, InvalidRequest, ServerNotFound, ToolNotFound } from "../domain/errors.ts";
import { type JsonObject, isJsonObject, stringAt } from "../domain/json.ts";
import type { Offering, Tool } from "../domain/offering.ts";
import type { Era } from "../domain/protocol.ts";
import type { CallAnswer, CallContext, ToolCall } from "../proxy/proxy.ts";
import type { Catalog } from "../registry/registry.ts";
import { Reply } from "../wire/reply.ts";
import type { FrontRequest } from "./front-request.ts";
import type { Introduction } from "./introduction.ts";
import { LIST_TTL_MS, type ListName, type ListPages } from "./list-pages.ts";
import { listen } from "./listen.ts";
import type { News } from "./news.ts";
import { checkParamHeaders } from "./param-headers.ts";
import { toToolFailure } from "./rpc-errors.ts";
import { resultFor2025 } from "./structured-output.ts";
import { withPublicUris } from "./uris.ts";

export interface MethodDeps {
  readonly catalog: () => Catalog;
  readonly pages: ListPages;
  readonly introduction: Introduction;
  readonly news: News;
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
  "tools/call": callTool,
  "resources/read": readResource,
  "prompts/get": getPrompt,
  "completion/complete": complete,
} satisfies Record<string, Method>;

/** Sampling, elicitation, roots, resource subscriptions and logging join these tables when the gateway relays them. */
const METHODS: Readonly<Record<Era, ReadonlyMap<string, Method>>> = {
  "2025": new Map<string, Method>([...Object.entries(both), ["ping", () => Reply.of("result", {}, "2025")]]),
  "2026": new Map<string, Method>([
    ...Object.entries(both),
    ["subscriptions/listen", listen],
    [
      "server/discover",
      ({ endpoint }, { introduction }) =>
        Reply.of("result", introduction.discovery(endpoint, LIST_TTL_MS), "2026"),
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
    return new Reply("result", deps.pages.page(deps.catalog(), endpoint, era, name, cursor), era);
  };
}

async function callTool(request: FrontRequest, deps: MethodDeps): Promise<Reply> {
  const { name, arguments: args = {} } = request.params;
  if (typeof name !== "string") throw new InvalidRequest("params.name must be the name of a tool.");
  if (!isJsonObject(args)) throw new InvalidRequest("params.arguments must be an object.");
  const tool = findTool(request, deps, name) ?? (await deps.settled(), findTool(request, deps, name));
  if (tool === undefined) throw new ToolNotFound(name);
  if (request.era === "2026") checkParamHeaders(tool, args, request.headers);
  try {
    const extra = extraOf(request.params);
    // Written out, and not spread: this is the hot path (a leading spread costs 5 µs and outlives the young generation).
    const { identity, era, scope, signal, envelope, onProgress, onNotification, meta } = request;
    const call = {
      identity,
      era,
      scope,
      signal,
      envelope,
      onProgress,
      onNotification,
      tool,
      args,
      meta,
      extra,
    };
    const { reply } = await deps.proxy.callTool(call);
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
  const catalog = deps.catalog();
  return endpoint.kind === "all" ? catalog.tool(name) : catalog.toolOf(endpoint.server, name);
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
  return forward(request, deps, target.server, { ...request.params, uri: target.uri });
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

/** On a server's own endpoint everything goes to that server as it is; on the merged one the catalog knows whose it is. */
async function located(
  { endpoint }: FrontRequest,
  deps: MethodDeps,
  find: () => Target | undefined,
  uri: string,
): Promise<Target | undefined> {
  if (endpoint.kind === "all") return find() ?? (await deps.settled(), find());
  if (!deps.isRegistered(endpoint.server)) throw new ServerNotFound(endpoint.server);
  return { server: endpoint.server, uri };
}

function promptAt(_request: FrontRequest, deps: MethodDeps, name: string): Target | undefined {
  const prompt = deps.catalog().prompt(name);
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
): Promise<Reply> {
  const { _meta, ...rest } = params;
  const upstreamParams = request.meta === undefined ? rest : { ...rest, _meta: request.meta };
  const reply = await deps.proxy.forward(server, request.method, upstreamParams, contextOf(request));
  return shown(request, deps, server, reply);
}

function contextOf(request: FrontRequest): CallContext {
  const { identity, era, scope, signal, envelope, onProgress, onNotification } = request;
  return { identity, era, scope, signal, envelope, onProgress, onNotification };
}

/** The answer as this caller is to see it: public URIs, and what its era demands of a result. */
function shown(request: FrontRequest, deps: MethodDeps, server: string, reply: Reply): Reply {
  const named = request.endpoint.kind === "all" ? withPublicUris(reply, deps.catalog(), server) : reply;
  if (request.era === "2026") return completedFor2026(named, request.method);
  if (named.era === "2026") refuseQuestion(named, server);
  return named;
}

const RESULT_TYPE = Buffer.from('{"resultType":"complete",');
const READ_RESULT = Buffer.from('{"resultType":"complete","ttlMs":0,"cacheScope":"private",');

/** A 2025 upstream's result gets the members that 2026 demands, spliced in at its head. */
function completedFor2026(reply: Reply, method: string): Reply {
  if (reply.era === "2026" || reply.kind === "error") return reply;
  const head = method === "resources/read" ? READ_RESULT : RESULT_TYPE;
  const body = reply.bytes.subarray(1);
  const isEmpty = body.toString("latin1", 0, 16).trimStart().startsWith("}");
  return new Reply("result", Buffer.concat([isEmpty ? head.subarray(0, -1) : head, body]), "2026");
}

/** The bridge that asks a 2025 client what a 2026 upstream wants to know comes later; until then this is an error. */
function refuseQuestion(reply: Reply, server: string): void {
  if (reply.kind === "error" || !reply.bytes.includes('"input_required"')) return;
  if (reply.value["resultType"] !== "input_required") return;
  const message = `Upstream "${server}" asks the user a question, which this gateway cannot relay to a client of the 2025 protocol yet.`;
  throw new GatewayError("interaction_unsupported", message, { details: { server }, executed: "unknown" });
}
