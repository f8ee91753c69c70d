import { PassThrough } from "node:stream";

import { bridgeStdio } from "../../src/cli/stdio-bridge.ts";
import { until } from "../support/child-processes.ts";

export interface WireMessage {
  readonly jsonrpc?: string;
  readonly id?: string | number | null;
  readonly method?: string;
  readonly params?: Record<string, unknown>;
  readonly result?: Record<string, unknown>;
  readonly error?: {
    readonly code: number;
    readonly message: string;
    readonly data?: Record<string, unknown>;
  };
}

/** A bridge whose stdin and stdout are in the hands of the test. */
export class BridgeBench {
  readonly logged: string[] = [];
  /** Every line on stdout, parsed: a line that is not JSON fails the test. */
  readonly received: WireMessage[] = [];
  readonly done: Promise<void>;
  readonly #input = new PassThrough();
  readonly #listeners = new Set<(message: WireMessage) => void>();
  #rest = "";

  constructor(
    url: string,
    options: { headers?: Record<string, string>; farewellMs?: number; signal?: AbortSignal } = {},
  ) {
    const { headers = {}, ...rest } = options;
    const output = new PassThrough();
    output.setEncoding("utf8").on("data", (chunk: string) => this.#read(chunk));
    this.done = bridgeStdio({
      input: this.#input,
      output,
      url,
      headers,
      onLog: (line) => this.logged.push(line),
      ...rest,
    });
    this.done.catch(() => undefined);
  }

  send(message: WireMessage): void {
    this.write(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`);
  }

  write(text: string): void {
    this.#input.write(text);
  }

  onMessage(listener: (message: WireMessage) => void): void {
    this.#listeners.add(listener);
  }

  /** Sends a request and waits for its answer. */
  async ask(id: string | number, method: string, params: Record<string, unknown> = {}): Promise<WireMessage> {
    this.send({ id, method, params });
    return this.answerTo(id);
  }

  answerTo(id: string | number | null): Promise<WireMessage> {
    return until(`an answer to ${id}`, () =>
      this.received.find((message) => message.id === id && message.method === undefined),
    );
  }

  /** The end of stdin; settles when the bridge has ended. */
  async end(): Promise<void> {
    this.#input.end();
    await this.done;
  }

  #read(chunk: string): void {
    const lines = `${this.#rest}${chunk}`.split("\n");
    this.#rest = lines.pop() ?? "";
    for (const line of lines) {
      const message = JSON.parse(line) as WireMessage;
      this.received.push(message);
      for (const listener of this.#listeners) listener(message);
    }
  }
}

/** Lets a client of either SDK talk through a bridge, as if it had started the command. */
export class BridgeTransport {
  onclose?: () => void;
  onerror?: (error: Error) => void;
  onmessage?: (message: unknown) => void;
  readonly bench: BridgeBench;

  constructor(bench: BridgeBench) {
    this.bench = bench;
    bench.onMessage((message) => this.onmessage?.(message));
  }

  start(): Promise<void> {
    return Promise.resolve();
  }

  send(message: object): Promise<void> {
    this.bench.send(message);
    return Promise.resolve();
  }

  async close(): Promise<void> {
    await this.bench.end();
    this.onclose?.();
  }
}

/** The envelope of a 2026 request. */
export const ENVELOPE = {
  "io.modelcontextprotocol/protocolVersion": "2026-07-28",
  "io.modelcontextprotocol/clientInfo": { name: "bridge-test", version: "1" },
  "io.modelcontextprotocol/clientCapabilities": {},
};

export const INITIALIZE = {
  protocolVersion: "2025-11-25",
  capabilities: {},
  clientInfo: { name: "bridge-test", version: "1" },
};
