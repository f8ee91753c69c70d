import { Client, LOG_LEVEL_META_KEY, type Transport } from "@modelcontextprotocol/client";
import { z } from "zod";

import { type Answers, type AskingClient, Heard, pagesOf } from "./asking-client.ts";
import type { Json } from "./mcp-clients.ts";

const ANYTHING = z.record(z.string(), z.unknown());
const PATIENCE_MS = 30_000;

/** SDK v2 in the era of its `mode`, on whichever transport. */
export async function askingV2(
  transport: Transport,
  mode: "legacy" | { pin: string },
  answers: Answers,
): Promise<AskingClient> {
  const heard = new Heard();
  const tell = (list: string) => ({
    autoRefresh: false,
    debounceMs: 0,
    onChanged: () => void heard.lists.push(list),
  });
  const client = new Client(
    { name: "matrix-client-v2", version: "1.0.0" },
    {
      capabilities: answers.capabilities,
      versionNegotiation: { mode },
      listChanged: { tools: tell("tools"), prompts: tell("prompts"), resources: tell("resources") },
    },
  );
  answerQuestions(client, answers, heard);
  hear(client, heard);
  await client.connect(transport);

  const era = mode === "legacy" ? "2025" : "2026";
  const options = { timeout: PATIENCE_MS };
  let level: string | undefined;
  const request: AskingClient["request"] = (method, params = {}) =>
    client.request({ method, params }, ANYTHING, options);
  const pages: AskingClient["pages"] = (list) => pagesOf(request, list);
  return {
    era,
    capabilities: { ...client.getServerCapabilities() },
    heard,
    request,
    callTool: async (name, args, { meta, onprogress, signal, definition } = {}) => {
      const sent = { ...meta, ...(level !== undefined && { [LOG_LEVEL_META_KEY]: level }) };
      const params = { name, arguments: args, ...(Object.keys(sent).length > 0 && { _meta: sent }) };
      const answer = await client.callTool(params, {
        ...options,
        ...(signal && { signal }),
        ...(definition && { toolDefinition: definition as never }),
        ...(onprogress && { onprogress: (progress: object) => onprogress({ ...progress }) }),
      });
      return answer;
    },
    pages,
    tools: async () => (await client.listTools()).tools,
    list: async (list) => (await pages(list)).flat(),
    setLevel: async (wanted) => {
      if (era === "2025") await request("logging/setLevel", { level: wanted });
      else level = wanted;
    },
    follow: async (uri) => {
      if (era === "2025") {
        await request("resources/subscribe", { uri });
        return async () => void (await request("resources/unsubscribe", { uri }));
      }
      const subscription = await client.listen({ resourceSubscriptions: [uri] });
      return () => subscription.close();
    },
    close: async () => {
      await (transport as { terminateSession?: () => Promise<void> }).terminateSession?.().catch(() => {});
      await client.close();
    },
  };
}

function answerQuestions(client: Client, { answer }: Answers, heard: Heard): void {
  for (const method of ["elicitation/create", "sampling/createMessage", "roots/list"] as const) {
    const respond = answer[method];
    if (respond === undefined) continue;
    client.setRequestHandler(method, async (request: { params?: unknown }) => {
      const params = (request.params ?? {}) as Json;
      heard.questions.push({ method, params });
      return (await respond(params)) as never;
    });
  }
}

function hear(client: Client, heard: Heard): void {
  client.setNotificationHandler("notifications/message", ({ params }) => void heard.logs.push({ ...params }));
  client.setNotificationHandler(
    "notifications/resources/updated",
    ({ params }) => void heard.updated.push(params.uri),
  );
  client.setNotificationHandler(
    "notifications/elicitation/complete",
    ({ params }) => void heard.elicitationsComplete.push(params.elicitationId),
  );
}
