import { expect } from "chai";

import type { JsonObject } from "../../../src/domain/json.ts";
import { FrontHarness, tool } from "../../support/mcp-front.ts";

export const ERAS = ["2025", "2026"] as const;
type Era = (typeof ERAS)[number];

export interface Result extends JsonObject {
  readonly content: readonly { readonly text: string }[];
  readonly isError?: boolean;
}

export const ISSUE = {
  type: "object",
  properties: { repo: { type: "string" }, title: { type: "string" }, body: { type: "string" } },
  required: ["repo", "title"],
};
const READ = { annotations: { readOnlyHint: true } };

/** A front in search mode over two servers, spoken to in one era. */
export class SearchFront {
  readonly front: FrontHarness;
  readonly era: Era;
  path = "/mcp";
  headers: Record<string, string> = {};

  static async start(era: Era, ...options: Parameters<typeof FrontHarness.start>): Promise<SearchFront> {
    const [limits, profiles, lists] = options;
    const front = await FrontHarness.start(limits, profiles, { mode: "search", ...lists });
    await front.offer("github", {
      tools: [
        tool("create_issue", { description: "Create an issue in a repository", inputSchema: ISSUE }),
        tool("list_issues", { description: "List the issues of a repository", ...READ }),
      ],
    });
    await front.offer(
      "files",
      { tools: [tool("read_file", { description: "Read a file from disk", ...READ }), tool("write_file")] },
      { gateway: { trusted: true } },
    );
    return new SearchFront(front, era);
  }

  private constructor(front: FrontHarness, era: Era) {
    this.front = front;
    this.era = era;
  }

  async send(method: string, params: JsonObject = {}): Promise<JsonObject> {
    if (this.era === "2026")
      return (await (await this.front.modern(method, params, this.headers, this.path)).json()) as JsonObject;
    const session = await this.front.initialize(this.headers, this.path);
    const response = await this.front.post(
      { jsonrpc: "2.0", id: 1, method, params },
      { ...this.headers, "mcp-session-id": session },
      this.path,
    );
    return (await response.json()) as JsonObject;
  }

  async list(): Promise<readonly JsonObject[]> {
    const { result } = await this.send("tools/list");
    return (result as { tools: readonly JsonObject[] }).tools;
  }

  async names(): Promise<unknown[]> {
    return (await this.list()).map(({ name }) => name);
  }

  async call(name: string, args: JsonObject, more: JsonObject = {}): Promise<Result> {
    const answer = await this.send("tools/call", { name, arguments: args, ...more });
    if (answer["result"] === undefined) return expect.fail(JSON.stringify(answer["error"]));
    return answer["result"] as Result;
  }

  /** The JSON in the text of an answer. */
  async ask(name: string, args: JsonObject): Promise<JsonObject> {
    const { content } = await this.call(name, args);
    return JSON.parse(content[0]?.text ?? "") as JsonObject;
  }
}
