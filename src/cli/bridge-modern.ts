import { type JsonObject, isJsonObject, stringAt } from "../domain/json.ts";
import { type Message, encodeRequest } from "../wire/message.ts";
import { readReply } from "../wire/reply-frame.ts";
import { type Answer, type BridgeEndpoint, messagesOf } from "./bridge-endpoint.ts";
import { BridgeHeaders } from "./bridge-headers.ts";

const MAX_PAGES = 64;

/** Requests of 2026-07-28: stateless, but with headers that a client on stdio has never heard of. */
export class ModernLeg {
  readonly #endpoint: BridgeEndpoint;
  readonly #headers = new BridgeHeaders();

  constructor(endpoint: BridgeEndpoint) {
    this.#endpoint = endpoint;
  }

  /** A call of a tool that was never listed may lack headers; then the list is read and the call is sent once more. */
  async post(
    { method, params }: Extract<Message, { kind: "request" }>,
    line: Buffer,
    version: string,
    signal: AbortSignal,
  ): Promise<Answer> {
    const tool = method === "tools/call" ? stringAt(params, "name") : undefined;
    const isUnlisted = tool !== undefined && !this.#headers.knows(tool);
    const answer = await this.#endpoint.post(line, this.#headers.of(method, params, version), signal);
    // 400: refused before anything was done.
    if (answer.statusCode !== 400 || !isUnlisted) return answer;
    if (!this.#headers.knows(tool)) await this.#list(params, version, signal);
    if (!this.#headers.knows(tool)) return answer;
    await answer.body.dump();
    return this.#endpoint.post(line, this.#headers.of(method, params, version), signal);
  }

  /** Looks at a result of `tools/list`. */
  learn(result: JsonObject): void {
    this.#headers.learn(result);
  }

  async #list(caller: JsonObject, version: string, signal: AbortSignal): Promise<void> {
    const { progressToken: _token, ...meta } = isJsonObject(caller["_meta"]) ? caller["_meta"] : {};
    let cursor: string | undefined;
    for (let page = 0; page < MAX_PAGES; page++) {
      const params = { _meta: meta, ...(cursor === undefined ? {} : { cursor }) };
      const request = encodeRequest("switchgear-bridge", "tools/list", params);
      const answer = await this.#endpoint.post(
        request,
        this.#headers.of("tools/list", params, version),
        signal,
      );
      cursor = undefined;
      for await (const message of messagesOf(answer)) {
        const reply = readReply(message, "2026")?.reply;
        if (reply?.kind !== "result") continue;
        this.learn(reply.value);
        cursor = stringAt(reply.value, "nextCursor");
      }
      if (cursor === undefined) return;
    }
  }
}
