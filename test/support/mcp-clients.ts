import { Client as ClientV2, StreamableHTTPClientTransport as HttpV2 } from "@modelcontextprotocol/client";
import { Client as ClientV1 } from "@modelcontextprotocol/sdk/client/index.js";
import { SSEClientTransport } from "@modelcontextprotocol/sdk/client/sse.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { StreamableHTTPClientTransport as HttpV1 } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import {
  PromptListChangedNotificationSchema,
  ResourceListChangedNotificationSchema,
  ToolListChangedNotificationSchema,
} from "@modelcontextprotocol/sdk/types.js";

import { MAIN, type Gateway } from "./gateway.ts";

export type Json = Record<string, unknown>;
export type ListName = "tools" | "resources" | "resourceTemplates" | "prompts";

export interface CallOptions {
  readonly onprogress?: (progress: { progress: number; total?: number | undefined }) => void;
  readonly signal?: AbortSignal;
  readonly timeout?: number;
}

type ListChangedListener = (list: "tools" | "resources" | "prompts") => void;
type Ref = { type: "ref/prompt"; name: string } | { type: "ref/resource"; uri: string };

/** What the tests need of a client, whichever SDK it is from. */
export interface TestClient {
  /** All pages. */
  list(list: ListName): Promise<readonly Json[]>;
  callTool(name: string, args: Json, options?: CallOptions): Promise<Json>;
  readResource(uri: string): Promise<Json>;
  getPrompt(name: string, args: Record<string, string>): Promise<Json>;
  complete(ref: Ref, name: string, value: string, context?: Record<string, string>): Promise<Json>;
  onListChanged(listener: ListChangedListener): void;
  readonly instructions: string | undefined;
  readonly capabilities: Json;
  close(): Promise<void>;
}

const INFO = { name: "switchgear-e2e", version: "1.0.0" };

async function allPages(
  list: ListName,
  page: (cursor: string | undefined) => Promise<Json>,
): Promise<Json[]> {
  const found: Json[] = [];
  let cursor: string | undefined;
  do {
    const answer = await page(cursor);
    found.push(...(answer[list] as Json[]));
    cursor = answer["nextCursor"] as string | undefined;
  } while (cursor !== undefined);
  return found;
}

function wrapV1(client: ClientV1): TestClient {
  return {
    list: (list) =>
      allPages(list, (cursor) => {
        const params = cursor === undefined ? {} : { cursor };
        if (list === "tools") return client.listTools(params);
        if (list === "resources") return client.listResources(params);
        return list === "prompts" ? client.listPrompts(params) : client.listResourceTemplates(params);
      }),
    callTool: (name, args, options) => client.callTool({ name, arguments: args }, undefined, options),
    readResource: (uri) => client.readResource({ uri }),
    getPrompt: (name, args) => client.getPrompt({ name, arguments: args }),
    complete: (ref, name, value, context) =>
      client.complete({
        ref,
        argument: { name, value },
        ...(context && { context: { arguments: context } }),
      }),
    onListChanged: (listener) => {
      client.setNotificationHandler(ToolListChangedNotificationSchema, () => listener("tools"));
      client.setNotificationHandler(ResourceListChangedNotificationSchema, () => listener("resources"));
      client.setNotificationHandler(PromptListChangedNotificationSchema, () => listener("prompts"));
    },
    instructions: client.getInstructions(),
    capabilities: { ...client.getServerCapabilities() },
    close: () => client.close(),
  };
}

function wrapV2(client: ClientV2, listeners: ListChangedListener[]): TestClient {
  return {
    list: (list) =>
      allPages(list, (cursor) => {
        const params = cursor === undefined ? undefined : { cursor };
        if (list === "tools") return client.listTools(params);
        if (list === "resources") return client.listResources(params);
        return list === "prompts" ? client.listPrompts(params) : client.listResourceTemplates(params);
      }),
    callTool: (name, args, options) => client.callTool({ name, arguments: args }, options),
    readResource: (uri) => client.readResource({ uri }),
    getPrompt: (name, args) => client.getPrompt({ name, arguments: args }),
    complete: (ref, name, value, context) =>
      client.complete({
        ref,
        argument: { name, value },
        ...(context && { context: { arguments: context } }),
      }),
    onListChanged: (listener) => void listeners.push(listener),
    instructions: client.getInstructions(),
    capabilities: { ...client.getServerCapabilities() },
    close: () => client.close(),
  };
}

type Headers = Record<string, string>;

/** What the gateway declares where it speaks for nobody in particular: some servers show more to such a client. */
export const CAPABLE = { sampling: {}, elicitation: { form: {}, url: {} }, roots: { listChanged: true } };

export async function connectV1(
  url: string,
  headers: Headers = {},
  capabilities?: typeof CAPABLE,
): Promise<TestClient> {
  const client = new ClientV1(INFO, { ...(capabilities && { capabilities }) });
  await client.connect(new HttpV1(new URL(url), { requestInit: { headers } }));
  return wrapV1(client);
}

export async function connectSse(url: string, capabilities?: typeof CAPABLE): Promise<TestClient> {
  const client = new ClientV1(INFO, { ...(capabilities && { capabilities }) });
  await client.connect(new SSEClientTransport(new URL(url)));
  return wrapV1(client);
}

export interface Command {
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Record<string, string>;
}

export async function connectStdio(
  { command, args, env }: Command,
  capabilities?: typeof CAPABLE,
): Promise<TestClient> {
  const client = new ClientV1(INFO, { ...(capabilities && { capabilities }) });
  const transport = { command, args: [...args], stderr: "ignore" as const };
  await client.connect(new StdioClientTransport(env === undefined ? transport : { ...transport, env }));
  return wrapV1(client);
}

async function connectV2(
  url: string,
  mode: "legacy" | "auto" | { pin: string },
  headers: Headers = {},
): Promise<TestClient> {
  const listeners: ListChangedListener[] = [];
  const tell = (list: Parameters<ListChangedListener>[0]) => ({
    autoRefresh: false,
    debounceMs: 0,
    onChanged: () => listeners.forEach((listener) => listener(list)),
  });
  // In the 2026 era these open a subscription, in the 2025 era the session's own stream brings the news.
  const listChanged = { tools: tell("tools"), resources: tell("resources"), prompts: tell("prompts") };
  const client = new ClientV2(INFO, { versionNegotiation: { mode }, listChanged });
  await client.connect(new HttpV2(new URL(url), { requestInit: { headers } }));
  return wrapV2(client, listeners);
}

export interface ClientKind {
  readonly title: string;
  readonly era: "2025" | "2026";
  /**
   * SDK v1 drops progress that arrives in one chunk with the answer, as a pipe often brings them; it does so with a
   * server that it started itself, too. What we write is tested without an SDK.
   */
  readonly dropsProgress?: true;
  connect(gateway: Gateway, server?: string): Promise<TestClient>;
}

/** Every client that must get along with the gateway. */
export const CLIENT_KINDS: readonly ClientKind[] = [
  {
    title: "SDK v1",
    era: "2025",
    connect: (gateway, server) => connectV1(gateway.endpoint(server), gateway.headers),
  },
  {
    title: "SDK v2, legacy",
    era: "2025",
    connect: (gateway, server) => connectV2(gateway.endpoint(server), "legacy", gateway.headers),
  },
  {
    title: "SDK v2, auto",
    era: "2026",
    connect: (gateway, server) => connectV2(gateway.endpoint(server), "auto", gateway.headers),
  },
  {
    title: "SDK v2, pinned to 2026-07-28",
    era: "2026",
    connect: (gateway, server) => connectV2(gateway.endpoint(server), { pin: "2026-07-28" }, gateway.headers),
  },
  {
    title: "switchgear stdio",
    era: "2025",
    dropsProgress: true,
    connect: (gateway, server) => {
      const single = server === undefined ? [] : ["--server", server];
      const args = [MAIN, "stdio", "--data-dir", gateway.dataDir, ...single];
      return connectStdio({ command: process.execPath, args });
    },
  },
];
