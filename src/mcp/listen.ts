import { allows } from "../auth/auth.ts";
import { GatewayError, InvalidRequest } from "../domain/errors.ts";
import { type JsonObject, isJsonObject } from "../domain/json.ts";
import { META } from "../domain/protocol.ts";
import { Reply } from "../wire/reply.ts";
import type { FrontRequest } from "./front-request.ts";
import type { Introduction } from "./introduction.ts";
import { readerOf } from "./meta-tools/meta-tools.ts";
import type { ListKind, News } from "./news.ts";
import { type ResourceDeps, resourceAt } from "./resource-at.ts";
import { Subscriber, type Subscriptions } from "./subscriptions.ts";
import { requireTasks } from "./task-methods.ts";

const FILTERS: Readonly<Record<ListKind, string>> = {
  tools: "toolsListChanged",
  resources: "resourcesListChanged",
  prompts: "promptsListChanged",
};
/** Resources of one stream; more are not acknowledged. */
const MAX_RESOURCES = 256;

export interface ListenDeps extends ResourceDeps {
  readonly news: News;
  readonly introduction: Introduction;
  readonly subscriptions: Subscriptions;
}

/**
 * `subscriptions/listen` of the 2026 era: a stream that lasts until the client closes it. The first message says
 * which of the asked-for news will come: list changes, and the resources that their upstreams agreed to watch.
 * Upstreams' news of tasks (`taskIds`) are not carried and so never acknowledged.
 */
export async function listen(request: FrontRequest, deps: ListenDeps): Promise<Reply> {
  const { notifications } = request.params;
  if (!isJsonObject(notifications))
    throw new InvalidRequest("params.notifications must say what to listen for.");
  if (!request.mayStream) throw new GatewayError("not_acceptable", "Accept must include text/event-stream.");
  if (notifications["taskIds"] !== undefined) requireTasks(request.envelope?.capabilities);
  const _meta: JsonObject = { [META.subscriptionId]: request.id };
  const lists = listsIn(notifications, request, deps);
  const updates = new Updates(request, _meta);
  try {
    const resources = await follow(urisIn(notifications), request, deps, updates.subscriber);
    const honoured = {
      ...Object.fromEntries(lists.map((list) => [FILTERS[list], true])),
      ...(resources.length === 0 ? {} : { resourceSubscriptions: resources }),
    };
    request.notify("notifications/subscriptions/acknowledged", { notifications: honoured, _meta });
    updates.begin();
    if (lists.length > 0 || resources.length > 0) await until(request, deps.news, new Set(lists), _meta);
  } finally {
    deps.subscriptions.drop(updates.subscriber);
  }
  return Reply.of("result", { resultType: "complete", _meta }, "2026");
}

function listsIn(
  notifications: JsonObject,
  { endpoint }: FrontRequest,
  { introduction }: ListenDeps,
): readonly ListKind[] {
  const capabilities = introduction.capabilities(endpoint, "2026");
  return (Object.keys(FILTERS) as ListKind[]).filter(
    (list) => notifications[FILTERS[list]] === true && capabilities[list] !== undefined,
  );
}

/** Throws InvalidRequest for anything but an array of strings. */
function urisIn({ resourceSubscriptions = [] }: JsonObject): readonly string[] {
  if (Array.isArray(resourceSubscriptions) && resourceSubscriptions.every((uri) => typeof uri === "string"))
    return [...new Set(resourceSubscriptions)];
  throw new InvalidRequest("params.notifications.resourceSubscriptions must be an array of URIs.");
}

/** The URIs that are followed now, in the order in which they were asked for. */
async function follow(
  uris: readonly string[],
  { identity, endpoint }: FrontRequest,
  deps: ListenDeps,
  subscriber: Subscriber,
): Promise<readonly string[]> {
  if (!allows(identity, "resource:read")) return [];
  const attempts = uris.slice(0, MAX_RESOURCES).map(async (uri) => {
    const target = await resourceAt(endpoint, uri, deps);
    if (target === undefined) return [];
    await deps.subscriptions.add(subscriber, uri, target);
    return [uri];
  });
  const outcomes = await Promise.allSettled(attempts);
  return outcomes.flatMap((outcome) => (outcome.status === "fulfilled" ? outcome.value : []));
}

/** A resource may change before the stream has begun with its acknowledgement; such news wait for it. */
class Updates {
  readonly subscriber: Subscriber;
  readonly #write: (params: JsonObject) => void;
  #early: JsonObject[] | undefined = [];

  constructor({ scope, envelope, notify }: FrontRequest, _meta: JsonObject) {
    this.#write = (params) =>
      notify("notifications/resources/updated", { ...params, _meta: { ...metaOf(params), ..._meta } });
    const who = { scope, era: "2026", ...(envelope === undefined ? {} : { envelope }) } as const;
    this.subscriber = new Subscriber(who, (params) => {
      if (this.#early === undefined) this.#write(params);
      else this.#early.push(params);
    });
  }

  begin(): void {
    const early = this.#early ?? [];
    this.#early = undefined;
    for (const params of early) this.#write(params);
  }
}

function metaOf({ _meta }: JsonObject): JsonObject {
  return isJsonObject(_meta) ? _meta : {};
}

function until(request: FrontRequest, news: News, lists: ReadonlySet<ListKind>, _meta: JsonObject) {
  const { endpoint, notify, signal } = request;
  return new Promise<void>((resolve) => {
    const stop = news.listen({
      endpoint,
      reader: readerOf(request),
      onChanged: (list) => {
        if (lists.has(list)) notify(`notifications/${list}/list_changed`, { _meta });
      },
      onClosed: resolve,
    });
    const end = (): void => {
      stop();
      resolve();
    };
    if (signal.aborted) end();
    else signal.addEventListener("abort", end, { once: true });
  });
}
