import { fileURLToPath } from "node:url";

import { DEFAULT_LIMITS, type Limits } from "../../../src/domain/limits.ts";
import type { Era } from "../../../src/domain/protocol.ts";
import type { Logger } from "../../../src/observability/logger.ts";
import type { Answerer, Question, UpstreamCall } from "../../../src/upstream/connection.ts";
import { EraMemory } from "../../../src/upstream/http/era-memory.ts";
import { refuseQuestion } from "../../../src/upstream/refuse-question.ts";
import type { StdioConnection } from "../../../src/upstream/stdio/stdio-connection.ts";
import { type StdioPlan, connectStdio } from "../../../src/upstream/stdio/stdio.ts";

export type Fixture =
  | "asking-tools"
  | "misbehaving-start"
  | "misbehaving-tools"
  | "modern"
  | "opening"
  | "subscribing";

function fixturePath(name: Fixture): string {
  return fileURLToPath(new URL(`../../fixtures/stdio/${name}.js`, import.meta.url));
}

interface Overrides extends Partial<Omit<StdioPlan, "limits">> {
  readonly limits?: Partial<Limits>;
  readonly signal?: AbortSignal;
}

/** Opens connections to real children, keeps what they report, and closes them all. */
export class StdioBench {
  readonly notifications: { readonly method: string; readonly params: unknown }[] = [];
  readonly closed: string[] = [];
  readonly questions: Question[] = [];
  readonly eras = new EraMemory();
  /** What was concluded about eras, of whatever program. */
  readonly learned: (readonly [era: Era, speaks: boolean])[] = [];
  /** What a child hears that asks outside of any call. */
  answer: Answerer = refuseQuestion;
  readonly logged: string[] = [];
  readonly #open: StdioConnection[] = [];

  constructor() {
    const learn = this.eras.learn.bind(this.eras);
    this.eras.learn = (key, era, speaks) => {
      this.learned.push([era, speaks]);
      learn(key, era, speaks);
    };
  }

  /** The fixture with one argument. */
  fixture(name: Fixture, argument: string, overrides: Overrides = {}): Promise<StdioConnection> {
    return this.connect({ command: process.execPath, args: [fixturePath(name), argument], ...overrides });
  }

  tools(overrides: Overrides = {}): Promise<StdioConnection> {
    return this.fixture("misbehaving-tools", "", overrides);
  }

  async connect(overrides: Overrides): Promise<StdioConnection> {
    const log = (message: string): void => void this.logged.push(message);
    const logger: Logger = { debug: log, info: log, warn: log, error: log };
    const { limits, signal = new AbortController().signal, ...plan } = overrides;
    const connection = await connectStdio(
      {
        server: "fixture",
        command: process.execPath,
        args: [],
        env: {},
        baseEnv: process.env,
        era: "auto",
        wanted: "2025",
        eras: this.eras,
        client: { capabilities: {} },
        shared: true,
        limits: { ...DEFAULT_LIMITS, ...limits },
        clientInfo: { name: "switchgear", version: "0" },
        logger,
        ...plan,
      },
      {
        onNotification: (method, params) => void this.notifications.push({ method, params }),
        onRequest: (question) => {
          this.questions.push(question);
          return this.answer(question);
        },
        onClosed: (reason) => void this.closed.push(reason),
      },
      signal,
    );
    this.#open.push(connection);
    return connection;
  }

  async close(): Promise<void> {
    await Promise.all(this.#open.map((connection) => connection.close()));
  }
}

export function call(method: string, overrides: Partial<UpstreamCall> = {}): UpstreamCall {
  return { method, params: {}, era: "2025", scope: "", signal: new AbortController().signal, ...overrides };
}

export function toolCall(
  name: string,
  args: Readonly<Record<string, string | number>> = {},
  overrides: Partial<UpstreamCall> = {},
): UpstreamCall {
  return call("tools/call", { params: { name, arguments: args }, ...overrides });
}

/** The text of the first content of a tool's result. */
export function textOf(value: unknown): string {
  return (value as { content: [{ text: string }] }).content[0].text;
}
