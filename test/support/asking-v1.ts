import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import {
  CreateMessageRequestSchema,
  ElicitationCompleteNotificationSchema,
  ElicitRequestSchema,
  ListRootsRequestSchema,
  LoggingMessageNotificationSchema,
  PromptListChangedNotificationSchema,
  ResourceListChangedNotificationSchema,
  ResourceUpdatedNotificationSchema,
  ToolListChangedNotificationSchema,
} from "@modelcontextprotocol/sdk/types.js";
import { z } from "zod";

import { type Answers, type AskingClient, Heard, pagesOf } from "./asking-client.ts";
import type { Json } from "./mcp-clients.ts";

const ANYTHING = z.record(z.string(), z.unknown());
const PATIENCE_MS = 30_000;

/** SDK v1, on whichever transport. */
export async function askingV1(transport: Transport, answers: Answers): Promise<AskingClient> {
  const client = new Client(
    { name: "matrix-client-v1", version: "1.0.0" },
    { capabilities: answers.capabilities },
  );
  const heard = new Heard();
  answerQuestions(client, answers, heard);
  hear(client, heard);
  await client.connect(transport);

  const request: AskingClient["request"] = (method, params = {}) =>
    client.request({ method, params }, ANYTHING, { timeout: PATIENCE_MS });
  const pages: AskingClient["pages"] = (list) => pagesOf(request, list);
  return {
    era: "2025",
    capabilities: { ...client.getServerCapabilities() },
    heard,
    request,
    callTool: (name, args, { meta, onprogress, signal } = {}) =>
      client.request(
        { method: "tools/call", params: { name, arguments: args, ...(meta && { _meta: meta }) } },
        ANYTHING,
        {
          timeout: PATIENCE_MS,
          ...(signal && { signal }),
          ...(onprogress && { onprogress: (progress) => onprogress({ ...progress }) }),
        },
      ),
    pages,
    tools: async () => (await client.listTools()).tools,
    list: async (list) => (await pages(list)).flat(),
    setLevel: async (level) => void (await request("logging/setLevel", { level })),
    follow: async (uri) => {
      await request("resources/subscribe", { uri });
      return async () => void (await request("resources/unsubscribe", { uri }));
    },
    close: async () => {
      // A session that is not ended keeps what it holds upstream until it is idle for long.
      await (transport as { terminateSession?: () => Promise<void> }).terminateSession?.().catch(() => {});
      await client.close();
    },
  };
}

function answerQuestions(client: Client, { answer }: Answers, heard: Heard): void {
  const respond = async (method: string, params: Json | undefined): Promise<Json> => {
    heard.questions.push({ method, params: params ?? {} });
    return (await answer[method]?.(params ?? {})) ?? {};
  };
  if (answer["elicitation/create"] !== undefined)
    client.setRequestHandler(ElicitRequestSchema, ({ method, params }) => respond(method, params));
  if (answer["sampling/createMessage"] !== undefined) {
    client.setRequestHandler(
      CreateMessageRequestSchema,
      ({ method, params }) => respond(method, params) as never,
    );
  }
  if (answer["roots/list"] !== undefined)
    client.setRequestHandler(ListRootsRequestSchema, ({ method, params }) => respond(method, params));
}

function hear(client: Client, heard: Heard): void {
  client.setNotificationHandler(
    LoggingMessageNotificationSchema,
    ({ params }) => void heard.logs.push(params),
  );
  client.setNotificationHandler(
    ResourceUpdatedNotificationSchema,
    ({ params }) => void heard.updated.push(params.uri),
  );
  client.setNotificationHandler(
    ElicitationCompleteNotificationSchema,
    ({ params }) => void heard.elicitationsComplete.push(params.elicitationId),
  );
  client.setNotificationHandler(ToolListChangedNotificationSchema, () => void heard.lists.push("tools"));
  client.setNotificationHandler(PromptListChangedNotificationSchema, () => void heard.lists.push("prompts"));
  client.setNotificationHandler(
    ResourceListChangedNotificationSchema,
    () => void heard.lists.push("resources"),
  );
}
