import { type JsonObject, isJsonObject, stringAt } from "../domain/json.ts";
import type { Answerer, Question } from "../upstream/upstream.ts";
import { Reply } from "../wire/reply.ts";
import type { FrontRequest } from "./front-request.ts";
import { principalOf } from "./session.ts";
import type { TaskIds } from "./task-ids.ts";

/** 2025-11-25: what belongs to a task says so under this key of its `_meta`. */
const RELATED = "io.modelcontextprotocol/related-task";
/** 2026-07-28: tasks are an extension. */
export const TASKS_EXTENSION = "io.modelcontextprotocol/tasks";

type Rename = (id: string) => string;

/**
 * Task ids on their way between an upstream and a caller. They stand in a few places that the protocol names, and
 * nowhere else: a `taskId` in a tool's own content is the tool's own business.
 */
export class Tasks {
  readonly ids: TaskIds;

  constructor(ids: TaskIds) {
    this.ids = ids;
  }

  /** The answer to `tools/call`: a new task in the form of either era, or a result that was there at once. */
  created(reply: Reply, server: string, principal: string): Reply {
    if (reply.kind === "error" || !reply.bytes.includes('"taskId"')) return reply;
    const rename = this.#publicly(server, principal);
    const { task, resultType } = reply.value;
    let value = withRelated(reply.value, rename);
    if (resultType === "task") value = withTaskId(value, rename);
    else if (isJsonObject(task)) value = { ...value, task: withTaskId(task, rename) };
    return value === reply.value ? reply : Reply.of("result", value, reply.era);
  }

  /** The answer to `tasks/get` and `tasks/cancel`, which is the task itself. */
  state(value: JsonObject, server: string, principal: string): JsonObject {
    const rename = this.#publicly(server, principal);
    return withTaskId(withRelated(value, rename), rename);
  }

  /** The answer to `tasks/result`, which is the tool's, but for its `_meta`. */
  outcome(reply: Reply, server: string, principal: string): Reply {
    if (reply.kind === "error" || !reply.bytes.includes(RELATED)) return reply;
    const value = withRelated(reply.value, this.#publicly(server, principal));
    return value === reply.value ? reply : Reply.of("result", value, reply.era);
  }

  /** The params of any notification of an upstream. */
  notification(method: string, params: JsonObject, server: string, principal: string): JsonObject {
    const rename = this.#publicly(server, principal);
    const related = withRelated(params, rename);
    return method === "notifications/tasks/status" ? withTaskId(related, rename) : related;
  }

  /** Answers questions of an upstream with its task ids made public, and the answers' own again. */
  answerer(server: string, principal: string, answer: Answerer): Answerer {
    return async (question) => {
      const reply = await answer(this.question(question, server, principal));
      return this.#toUpstream(reply, server, principal);
    };
  }

  /** The same for what is asked during a request of this server; nothing for a caller that can answer nothing. */
  answererOf(
    { onRequest, identity }: Pick<FrontRequest, "onRequest" | "identity">,
    server: string,
  ): Answerer | undefined {
    return onRequest && this.answerer(server, principalOf(identity), onRequest);
  }

  question(question: Question, server: string, principal: string): Question {
    const params = withRelated(question.params, this.#publicly(server, principal));
    return params === question.params
      ? question
      : { method: question.method, params, signal: question.signal };
  }

  /** What a caller sends about a task of this server. An id that is not the caller's stays as it is and leads nowhere. */
  request(params: JsonObject, server: string, principal: string): JsonObject {
    return withRelated(params, this.#ownOf(server, principal));
  }

  #toUpstream(reply: Reply, server: string, principal: string): Reply {
    if (!reply.bytes.includes(RELATED)) return reply;
    const value = withRelated(reply.value, this.#ownOf(server, principal));
    return value === reply.value ? reply : Reply.of(reply.kind, value, reply.era);
  }

  #publicly(server: string, principal: string): Rename {
    return (id) => this.ids.toPublic({ server, id }, principal);
  }

  #ownOf(server: string, principal: string): Rename {
    return (id) => {
      const task = this.ids.toUpstream(id, principal);
      return task?.server === server ? task.id : id;
    };
  }
}

/** The same object when it names no task. */
function withTaskId(value: JsonObject, rename: Rename): JsonObject {
  const id = stringAt(value, "taskId");
  return id === undefined ? value : { ...value, taskId: rename(id) };
}

function withRelated(value: JsonObject, rename: Rename): JsonObject {
  const { _meta } = value;
  const related = isJsonObject(_meta) ? _meta[RELATED] : undefined;
  if (!isJsonObject(_meta) || !isJsonObject(related)) return value;
  return { ...value, _meta: { ..._meta, [RELATED]: withTaskId(related, rename) } };
}

/** In the 2025 era the client asks for a task; in the 2026 era the upstream decides, if the client understands them. */
export function mayCreateTask({
  era,
  params,
  envelope,
}: Pick<FrontRequest, "era" | "params" | "envelope">): boolean {
  return era === "2025" ? params["task"] !== undefined : knowsTasks(envelope?.capabilities);
}

/** Whether a 2026 client said that it understands tasks. */
export function knowsTasks(capabilities: JsonObject | undefined): boolean {
  const extensions = capabilities?.["extensions"];
  return isJsonObject(extensions) && isJsonObject(extensions[TASKS_EXTENSION]);
}
