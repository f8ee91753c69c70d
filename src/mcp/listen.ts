import { GatewayError, InvalidRequest } from "../domain/errors.ts";
import { type JsonObject, isJsonObject } from "../domain/json.ts";
import { META } from "../domain/protocol.ts";
import { Reply } from "../wire/reply.ts";
import type { FrontRequest } from "./front-request.ts";
import type { Introduction } from "./introduction.ts";
import type { ListKind, News } from "./news.ts";

const FILTERS: Readonly<Record<ListKind, string>> = {
  tools: "toolsListChanged",
  resources: "resourcesListChanged",
  prompts: "promptsListChanged",
};

/**
 * `subscriptions/listen` of the 2026 era: a stream that lasts until the client closes it. The first message says
 * which of the asked-for news will come. News of single resources are not carried yet and so never acknowledged.
 */
export async function listen(
  request: FrontRequest,
  deps: { readonly news: News; readonly introduction: Introduction },
): Promise<Reply> {
  const { notifications } = request.params;
  if (!isJsonObject(notifications))
    throw new InvalidRequest("params.notifications must say what to listen for.");
  if (!request.mayStream) throw new GatewayError("not_acceptable", "Accept must include text/event-stream.");
  const capabilities = deps.introduction.capabilities(request.endpoint);
  const lists = (Object.keys(FILTERS) as ListKind[]).filter(
    (list) => notifications[FILTERS[list]] === true && capabilities[list] !== undefined,
  );
  const _meta: JsonObject = { [META.subscriptionId]: request.id };
  const honoured = Object.fromEntries(lists.map((list) => [FILTERS[list], true]));
  request.notify("notifications/subscriptions/acknowledged", { notifications: honoured, _meta });
  if (lists.length > 0) await until(request, deps.news, new Set(lists), _meta);
  return Reply.of("result", { resultType: "complete", _meta }, "2026");
}

function until(
  { endpoint, notify, signal }: FrontRequest,
  news: News,
  lists: ReadonlySet<ListKind>,
  _meta: JsonObject,
) {
  return new Promise<void>((resolve) => {
    const stop = news.listen({
      endpoint,
      onChanged: (list) => {
        if (lists.has(list)) notify(`notifications/${list}/list_changed`, { _meta });
      },
      onClosed: resolve,
    });
    signal.addEventListener("abort", () => {
      stop();
      resolve();
    });
  });
}
