import { setTimeout as sleep } from "node:timers/promises";

import type { JsonObject } from "../domain/json.ts";
import { stringAt } from "../domain/json.ts";
import { HEADER } from "../wire/mcp-headers.ts";
import { encodeNotification, encodeRequest } from "../wire/message.ts";
import { readReply } from "../wire/reply-frame.ts";
import {
  type Answer,
  type BridgeEndpoint,
  type Headers,
  isEventStream,
  type StreamPosition,
  messagesOf,
} from "./bridge-endpoint.ts";

const GOODBYE_MS = 1_000;
const REOPEN_MS = 10_000;
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 15_000;

interface BridgeSessionDeps {
  readonly endpoint: BridgeEndpoint;
  /** Messages of the GET stream. */
  readonly forward: (message: Buffer) => Promise<void>;
  readonly onLog: (line: string) => void;
}

/** The session of a 2025 client: opened by its `initialize`, listened to, opened again when the gateway has lost it. */
export class BridgeSession {
  readonly #deps: BridgeSessionDeps;
  #initialization: JsonObject = {};
  #headers: Headers = {};
  #listening: AbortController | undefined;
  #reopening: Promise<boolean> | undefined;

  constructor(deps: BridgeSessionDeps) {
    this.#deps = deps;
  }

  /** Headers that every message of the session carries. */
  get headers(): Headers {
    return this.#headers;
  }

  /** The gateway has answered `initialize`. */
  opened(params: JsonObject, answer: Answer, result: JsonObject): void {
    this.#initialization = params;
    const id = answer.headers[HEADER.sessionId];
    this.#headers = {
      ...(typeof id === "string" ? { [HEADER.sessionId]: id } : {}),
      [HEADER.protocolVersion]: stringAt(result, "protocolVersion") ?? "",
    };
  }

  /** Whether an answer says that the session is not known any more. */
  isLost(answer: Answer, sent: Headers): boolean {
    return answer.statusCode === 404 && sent[HEADER.sessionId] !== undefined;
  }

  /** Opens the session again as the client had opened it. `lost`: the headers of the one that is gone. */
  async reopen(lost: Headers): Promise<boolean> {
    if (lost !== this.#headers) return true;
    this.#reopening ??= this.#reopen(AbortSignal.timeout(REOPEN_MS));
    try {
      return await this.#reopening;
    } finally {
      this.#reopening = undefined;
    }
  }

  /** Opens the stream for what belongs to no request, and keeps it open. */
  listen(): void {
    this.#listening?.abort();
    const listening = new AbortController();
    this.#listening = listening;
    this.#listen(listening.signal).catch((error: unknown) => {
      if (!listening.signal.aborted)
        this.#deps.onLog(`The event stream of the gateway has ended: ${String(error)}`);
    });
  }

  async close(): Promise<void> {
    this.#listening?.abort();
    if (this.#headers[HEADER.sessionId] === undefined) return;
    try {
      const answer = await this.#deps.endpoint.delete(this.#headers, AbortSignal.timeout(GOODBYE_MS));
      await answer.body.dump();
    } catch {
      // The gateway ends idle sessions by itself.
    }
  }

  async #reopen(signal: AbortSignal): Promise<boolean> {
    const { endpoint, onLog } = this.#deps;
    onLog("The gateway has lost the session; opening it again.");
    const answer = await endpoint.post(
      encodeRequest("switchgear-bridge", "initialize", this.#initialization),
      {},
      signal,
    );
    for await (const message of messagesOf(answer)) {
      const frame = readReply(message, "2025");
      if (frame?.reply.kind === "result") this.opened(this.#initialization, answer, frame.reply.value);
    }
    if (answer.statusCode !== 200) return false;
    const told = await endpoint.post(
      encodeNotification("notifications/initialized", {}),
      this.#headers,
      signal,
    );
    await told.body.dump();
    this.listen();
    return true;
  }

  /** The rest of an answer whose stream has ended too early; nothing when the gateway does not keep it. */
  async resume(position: StreamPosition, signal: AbortSignal): Promise<Answer | undefined> {
    if (position.lastEventId === undefined) return undefined;
    await sleep(position.retryMs ?? FIRST_PAUSE_MS, undefined, { signal });
    const answer = await this.#get(this.#headers, position, signal);
    if (isEventStream(answer)) return answer;
    await answer.body.dump();
    return undefined;
  }

  #get(headers: Headers, { lastEventId }: StreamPosition, signal: AbortSignal): Promise<Answer> {
    const resume = lastEventId === undefined ? {} : { [HEADER.lastEventId]: lastEventId };
    return this.#deps.endpoint.get({ ...headers, ...resume }, signal);
  }

  async #listen(signal: AbortSignal): Promise<void> {
    const position: StreamPosition = { lastEventId: undefined, retryMs: undefined };
    const { headers } = this;
    let pauseMs = FIRST_PAUSE_MS;
    let wasOpen = false;
    while (!signal.aborted) {
      try {
        const answer = await this.#get(headers, position, signal);
        if (!isEventStream(answer)) {
          await answer.body.dump();
          // 405: the server has no such stream. 404 for one that was open: the gateway has started anew.
          if (wasOpen && this.isLost(answer, headers)) await this.reopen(headers);
          return;
        }
        wasOpen = true;
        pauseMs = FIRST_PAUSE_MS;
        for await (const message of messagesOf(answer, position)) await this.#deps.forward(message);
      } catch (error) {
        if (signal.aborted) return;
        this.#deps.onLog(`The event stream of the gateway broke off: ${String(error)}`);
      }
      await sleep(position.retryMs ?? pauseMs, undefined, { signal });
      pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
    }
  }
}
