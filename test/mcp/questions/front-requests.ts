import type { JsonObject } from "../../../src/domain/json.ts";
import type { FrontRequest } from "../../../src/mcp/front-request.ts";
import type { Question } from "../../../src/upstream/upstream.ts";
import { Reply } from "../../../src/wire/reply.ts";

/** What a client's request heard while it was open. */
export class Client {
  readonly leaving = new AbortController();
  readonly heard: [kind: string, params: JsonObject][] = [];
  readonly request: FrontRequest;

  constructor(more: Partial<FrontRequest> = {}) {
    this.request = {
      id: 1,
      method: "tools/call",
      params: { name: "mail__send", arguments: { to: "x" } },
      meta: undefined,
      era: "2026",
      endpoint: { kind: "all" },
      identity: { subject: "anna", tenant: "default", role: "user" },
      session: undefined,
      scope: "default/anna",
      signal: this.leaving.signal,
      requestId: "req-1",
      headers: {},
      envelope: { capabilities: { elicitation: {}, sampling: {} } },
      onProgress: (params) => this.heard.push(["progress", params]),
      mayStream: true,
      notify: (method, params) => this.heard.push([method, params]),
      onRequest: undefined,
      onInterrupted: undefined,
      onNotification: (method, params) => this.heard.push([method, params]),
      ...more,
    };
  }
}

/** The same call again, with what a retry brings. */
export function retry(
  requestState: string,
  inputResponses: JsonObject = {},
  more: Partial<FrontRequest> = {},
): Client {
  const { params } = new Client(more).request;
  return new Client({ ...more, params: { ...params, requestState, inputResponses } });
}

export function question(message: string, signal = new AbortController().signal): Question {
  return { method: "elicitation/create", params: { message }, signal };
}

export const accepted = (content: JsonObject = {}): JsonObject => ({ action: "accept", content });
export const complete = (text: string): Reply => Reply.of("result", { resultType: "complete", text }, "2026");
