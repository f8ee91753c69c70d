import { type JsonObject, isJsonObject, stringAt } from "../domain/json.ts";
import type { Era } from "../domain/protocol.ts";
import type { UpstreamCall } from "./connection.ts";
import { waitFor } from "./wait.ts";

/** RFC 5424, the least severe first. */
const LEVELS = ["debug", "info", "notice", "warning", "error", "critical", "alert", "emergency"];
/** An upstream that does not answer is not waited for any longer. */
const PATIENCE_MS = 2_000;

export const LOG_MESSAGE = "notifications/message";

/**
 * Whether a log message is severe enough for a call. In the 2026 era a caller that names no level gets none; in the 2025
 * era it gets what the upstream sends.
 */
export function isHeard(call: Pick<UpstreamCall, "envelope">, era: Era, message: JsonObject): boolean {
  const wanted = call.envelope?.logLevel;
  if (wanted === undefined) return era === "2025";
  const severity = LEVELS.indexOf(stringAt(message, "level") ?? "");
  return severity < 0 || severity >= LEVELS.indexOf(wanted);
}

interface LogLevelsDeps {
  /** Whether callers with different levels use the connection. */
  readonly shared: boolean;
  readonly capabilities: () => JsonObject;
  /** Sends `logging/setLevel`. */
  readonly set: (level: string, signal: AbortSignal) => Promise<unknown>;
}

/** The log level of one 2025 connection: the caller's own, or on a shared connection the most verbose that was asked for. */
export class LogLevels {
  readonly #deps: LogLevelsDeps;
  #level: string | undefined;
  #changing: Promise<void> | undefined;

  constructor(deps: LogLevelsDeps) {
    this.#deps = deps;
  }

  /** Nothing if there is nothing to wait for. Rejects only with GatewayError("cancelled"), when the caller has gone. */
  reach(level: string, signal: AbortSignal): Promise<void> | undefined {
    if (!this.#suits(level) && isJsonObject(this.#deps.capabilities()["logging"])) {
      this.#level = level;
      this.#begin(level);
    }
    return this.#changing === undefined ? undefined : waitFor(this.#changing, signal);
  }

  /** A new session has the upstream's own level. */
  forget(): void {
    this.#level = undefined;
  }

  #suits(level: string): boolean {
    const wanted = LEVELS.indexOf(level);
    if (wanted < 0 || level === this.#level) return true;
    return this.#deps.shared && this.#level !== undefined && LEVELS.indexOf(this.#level) <= wanted;
  }

  #begin(level: string): void {
    const changing = this.#change(level, this.#changing).finally(() => {
      if (this.#changing === changing) this.#changing = undefined;
    });
    this.#changing = changing;
  }

  /** Changes follow each other. That one fails is no reason to fail a call. */
  async #change(level: string, before: Promise<void> | undefined): Promise<void> {
    await before;
    await this.#deps.set(level, AbortSignal.timeout(PATIENCE_MS)).catch(() => undefined);
  }
}
