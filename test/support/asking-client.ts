import type { Json } from "./mcp-clients.ts";

export type ListName = "tools" | "resources" | "resourceTemplates" | "prompts";
export type Answer = (params: Json) => Json | Promise<Json>;

/** What a client can do besides calling: what it declares, and how it answers. */
export interface Answers {
  readonly capabilities: Json;
  /** By method: `elicitation/create`, `sampling/createMessage`, `roots/list`. */
  readonly answer: Readonly<Record<string, Answer>>;
}

export interface Asked {
  readonly method: string;
  readonly params: Json;
}

/** What a client heard that belongs to none of its answers, in order. */
export class Heard {
  readonly questions: Asked[] = [];
  readonly logs: Json[] = [];
  readonly updated: string[] = [];
  readonly lists: string[] = [];
  readonly elicitationsComplete: string[] = [];

  clear(): void {
    for (const list of [this.questions, this.logs, this.updated, this.lists, this.elicitationsComplete])
      list.length = 0;
  }
}

export interface CallOptions {
  readonly onprogress?: (progress: Json) => void;
  readonly signal?: AbortSignal;
  readonly meta?: Json;
  /** As the tool was listed: SDK v2 repeats marked arguments in headers only if it knows the tool. */
  readonly definition?: Json | undefined;
}

/** A client of any SDK, era and transport that can answer what servers ask. */
export interface AskingClient {
  readonly era: "2025" | "2026";
  readonly capabilities: Json;
  readonly heard: Heard;
  /** The answer as it came, except for what the SDK itself takes away. */
  request(method: string, params?: Json): Promise<Json>;
  callTool(name: string, args: Json, options?: CallOptions): Promise<Json>;
  /** All pages of a list. */
  list(list: ListName): Promise<readonly Json[]>;
  pages(list: ListName): Promise<readonly (readonly Json[])[]>;
  /** The tools that its SDK lets it see: SDK v2 leaves out those with a bad `x-mcp-header`. */
  tools(): Promise<readonly Json[]>;
  /** From here on it hears log messages of this level and above. */
  setLevel(level: string): Promise<void>;
  /** From here on it hears of changes of the resource. */
  follow(uri: string): Promise<() => Promise<void>>;
  close(): Promise<void>;
}

const METHODS: Readonly<Record<ListName, string>> = {
  tools: "tools/list",
  resources: "resources/list",
  resourceTemplates: "resources/templates/list",
  prompts: "prompts/list",
};

/** Page by page, as a client without an SDK's comforts asks. */
export async function pagesOf(
  request: AskingClient["request"],
  list: ListName,
): Promise<readonly (readonly Json[])[]> {
  const pages: Json[][] = [];
  let cursor: unknown;
  do {
    const page = await request(METHODS[list], cursor === undefined ? {} : { cursor });
    pages.push(page[list] as Json[]);
    cursor = page["nextCursor"];
  } while (cursor !== undefined);
  return pages;
}

/** A user who fills in every form, a model that answers, and two folders. */
export const WILLING: Answers = {
  capabilities: { elicitation: { form: {}, url: {} }, sampling: {}, roots: { listChanged: true } },
  answer: {
    "elicitation/create": (params) => {
      if (params["mode"] === "url") return { action: "accept" };
      const { properties } = params["requestedSchema"] as { properties: Json };
      const content = Object.fromEntries(Object.keys(properties).map((name) => [name, `my ${name}`]));
      return { action: "accept", content };
    },
    "sampling/createMessage": () => ({
      role: "assistant",
      content: { type: "text", text: "Paris, of course." },
      model: "a-model",
      stopReason: "endTurn",
    }),
    "roots/list": () => ({
      roots: [{ uri: "file:///home/ada/project", name: "project" }, { uri: "file:///tmp/other" }],
    }),
  },
};

/** A user who declines every form. */
export const DECLINING: Answers = {
  capabilities: { elicitation: {} },
  answer: { "elicitation/create": () => ({ action: "decline" }) },
};

/** A client that can do nothing but call. */
export const PLAIN: Answers = { capabilities: {}, answer: {} };
