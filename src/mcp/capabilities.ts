import { type JsonObject, isJsonObject } from "../domain/json.ts";
import type { Era } from "../domain/protocol.ts";
import { TASKS_EXTENSION } from "./tasks.ts";

/** MCP Apps: tools whose results a client shows as pages of their server. */
const UI_EXTENSION = "io.modelcontextprotocol/ui";

const CHANGING: JsonObject = { listChanged: true };

/**
 * Of an endpoint where several servers speak: it has all lists whatever they have now, since upstreams come and go while
 * a client stays. `upstreams`: what each of them says that it can do.
 */
export function mergedCapabilities(upstreams: readonly JsonObject[], era: Era): JsonObject {
  return {
    tools: CHANGING,
    resources: { subscribe: true, ...CHANGING },
    prompts: CHANGING,
    completions: {},
    logging: {},
    ...(era === "2025" ? tasksOf(upstreams) : {}),
    ...extensionsOf(upstreams, era),
  };
}

/** Of a server's own endpoint: what the server has, less what the gateway does not carry. */
export function ownCapabilities(upstream: JsonObject, era: Era): JsonObject {
  const { resources } = upstream;
  const watches = isJsonObject(resources) && resources["subscribe"] === true;
  const carried: JsonObject = {
    tools: CHANGING,
    resources: watches ? { subscribe: true, ...CHANGING } : CHANGING,
    prompts: CHANGING,
    completions: {},
    logging: {},
  };
  const present = Object.entries(carried).filter(([name]) => isJsonObject(upstream[name]));
  return {
    ...Object.fromEntries(present),
    ...(era === "2025" ? tasksOf([upstream]) : {}),
    ...extensionsOf([upstream], era),
  };
}

/** The tasks of 2025-11-25; without `list`, which would show one caller the tasks of others. */
function tasksOf(upstreams: readonly JsonObject[]): JsonObject {
  const having = upstreams.flatMap(({ tasks }) => (isJsonObject(tasks) ? [tasks] : []));
  if (!having.some(({ requests }) => isJsonObject(requests) && isJsonObject(requests["tools"]))) return {};
  const cancels = having.some(({ cancel }) => isJsonObject(cancel));
  return { tasks: { requests: { tools: { call: {} } }, ...(cancels ? { cancel: {} } : {}) } };
}

/** Only extensions whose methods and names the gateway knows: what it cannot carry it must not promise. */
function extensionsOf(upstreams: readonly JsonObject[], era: Era): JsonObject {
  const all = upstreams.flatMap(({ extensions }) => (isJsonObject(extensions) ? [extensions] : []));
  const withTasks = era === "2026" && all.some((extensions) => isJsonObject(extensions[TASKS_EXTENSION]));
  const apps = all.flatMap(({ [UI_EXTENSION]: app }) => (isJsonObject(app) ? [app] : []));
  if (!withTasks && apps.length === 0) return {};
  return {
    extensions: {
      ...(withTasks ? { [TASKS_EXTENSION]: {} } : {}),
      ...(apps.length === 0 ? {} : { [UI_EXTENSION]: apps.length === 1 ? apps[0] : union(apps) }),
    },
  };
}

function union(apps: readonly JsonObject[]): JsonObject {
  const types = apps.flatMap(({ mimeTypes: own }) => (Array.isArray(own) ? (own as readonly string[]) : []));
  const mimeTypes = types.length === 0 ? {} : { mimeTypes: [...new Set(types)] };
  return Object.assign({}, ...apps, mimeTypes) as JsonObject;
}
