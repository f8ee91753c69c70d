import { authorize } from "../auth/auth.ts";
import { InvalidRequest } from "../domain/errors.ts";
import { type JsonObject, isJsonObject, stringAt } from "../domain/json.ts";
import { type Era, RPC } from "../domain/protocol.ts";
import type { CallContext } from "../proxy/proxy.ts";
import type { Catalog } from "../registry/registry.ts";
import { Reply } from "../wire/reply.ts";
import { newsOf } from "./call-news.ts";
import { covers } from "./endpoint.ts";
import type { FrontRequest } from "./front-request.ts";
import { RpcFailure } from "./rpc-errors.ts";
import { principalOf } from "./session.ts";
import type { UpstreamTask } from "./task-ids.ts";
import { TASKS_EXTENSION, type Tasks, knowsTasks } from "./tasks.ts";
import { withPublicQuestions, withPublicUris } from "./uris.ts";

export interface TaskMethodDeps {
  readonly catalog: () => Catalog;
  readonly tasks: Tasks;
  readonly proxy: {
    forward(server: string, method: string, params: JsonObject, context: CallContext): Promise<Reply>;
  };
}

type TaskMethod = (request: FrontRequest, deps: TaskMethodDeps) => Promise<Reply>;

/**
 * `tasks/list` is not among them: an upstream that several callers share would list the tasks of all of them, and only
 * the ids say whose a task is.
 */
export const TASK_METHODS: Readonly<Record<Era, Readonly<Record<string, TaskMethod>>>> = {
  "2025": { "tasks/get": taskState, "tasks/cancel": taskState, "tasks/result": taskResult },
  "2026": { "tasks/get": taskState, "tasks/cancel": taskState, "tasks/update": taskState },
};

/** Methods whose answer is the task as it is now, or in the 2026 era nothing. */
async function taskState(request: FrontRequest, deps: TaskMethodDeps): Promise<Reply> {
  const task = ownTask(request, deps);
  const reply = await forward(request, deps, task, undefined);
  if (reply.kind === "error") return reply;
  const shown = deps.tasks.state(reply.value, task.server, principalOf(request.identity));
  const value = withResult(shown, request, deps, task.server);
  const isComplete = request.era === "2025" || value["resultType"] !== undefined;
  return Reply.of("result", isComplete ? value : { resultType: "complete", ...value }, request.era);
}

/** Waits until the task has ended, as long as a call may take at all; the upstream asks its questions meanwhile. */
async function taskResult(request: FrontRequest, deps: TaskMethodDeps): Promise<Reply> {
  const task = ownTask(request, deps);
  const reply = await forward(request, deps, task, Number.POSITIVE_INFINITY);
  const shown = deps.tasks.outcome(reply, task.server, principalOf(request.identity));
  return withUris(shown, request, deps, task.server);
}

/** The task that the request names. Throws -32602 for one that is not this caller's, or not of this endpoint. */
function ownTask(
  { params, identity, endpoint, era, envelope }: FrontRequest,
  deps: TaskMethodDeps,
): UpstreamTask {
  authorize(identity, "tool:call");
  if (era === "2026") requireTasks(envelope?.capabilities);
  const id = stringAt(params, "taskId");
  if (id === undefined) throw new InvalidRequest("params.taskId must be the id of a task.");
  const task = deps.tasks.ids.toUpstream(id, principalOf(identity));
  if (task !== undefined && covers(endpoint, task.server)) return task;
  throw new RpcFailure(200, { code: RPC.invalidParams, message: "Task not found" });
}

/** Throws -32021 for a 2026 client that did not say that it understands tasks (io.modelcontextprotocol/tasks). */
export function requireTasks(capabilities: JsonObject | undefined): void {
  if (knowsTasks(capabilities)) return;
  throw new RpcFailure(400, {
    code: RPC.missingCapability,
    message: "Missing required client capability",
    data: { requiredCapabilities: { extensions: { [TASKS_EXTENSION]: {} } } },
  });
}

function forward(
  request: FrontRequest,
  { tasks, proxy, catalog }: TaskMethodDeps,
  task: UpstreamTask,
  timeoutMs: number | undefined,
): Promise<Reply> {
  const { identity, era, scope, signal, envelope, onProgress, onInterrupted } = request;
  const principal = principalOf(identity);
  const answer = tasks.answererOf(request, task.server);
  const { _meta, ...rest } = request.params;
  const params = { ...rest, taskId: task.id, ...(request.meta === undefined ? {} : { _meta: request.meta }) };
  return proxy.forward(task.server, request.method, tasks.request(params, task.server, principal), {
    identity,
    era,
    scope,
    signal,
    envelope,
    onProgress,
    onNotification: newsOf(request, tasks, task.server),
    onRequest:
      answer && withPublicQuestions(answer, { catalog, endpoint: request.endpoint, server: task.server }),
    onInterrupted,
    timeoutMs,
  });
}

/** In the 2026 era a completed task carries its tool's result. */
function withResult(
  value: JsonObject,
  request: FrontRequest,
  deps: TaskMethodDeps,
  server: string,
): JsonObject {
  const { result } = value;
  if (!isJsonObject(result)) return value;
  const shown = withUris(Reply.of("result", result, request.era), request, deps, server);
  return shown.value === result ? value : { ...value, result: shown.value };
}

function withUris(reply: Reply, { endpoint }: FrontRequest, deps: TaskMethodDeps, server: string): Reply {
  return endpoint.kind === "server" ? reply : withPublicUris(reply, deps.catalog(), server);
}
