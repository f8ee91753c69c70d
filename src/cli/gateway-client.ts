import { ERROR_CODES, type ErrorCode, type Fix } from "../domain/errors.ts";
import { type Json, type JsonObject, isJsonObject, stringAt } from "../domain/json.ts";
import type { Executed } from "../domain/outcome.ts";
import { objectsAt } from "./answer-fields.ts";
import { CliError, notRunning } from "./cli-error.ts";
import { EXIT, EXIT_OF } from "./exit-codes.ts";

export interface ClientOptions {
  readonly url: string;
  readonly key: string | undefined;
  readonly signal: AbortSignal;
  readonly fetch: typeof fetch;
}

type Method = "GET" | "POST" | "DELETE";
type Query = Readonly<Record<string, string | number | undefined>>;

/** Talks REST to a running gateway. Every failure is a CliError with the exit code that fits. */
export class GatewayClient {
  readonly url: string;
  readonly #options: ClientOptions;

  constructor(options: ClientOptions) {
    this.url = options.url.replace(/\/+$/, "");
    this.#options = options;
  }

  get(path: string, query: Query = {}): Promise<JsonObject> {
    return this.#send("GET", path, query);
  }

  post(path: string, body: unknown, query: Query = {}): Promise<JsonObject> {
    return this.#send("POST", path, query, body);
  }

  remove(path: string, query: Query = {}): Promise<JsonObject> {
    return this.#send("DELETE", path, query);
  }

  /** All pages of a list. */
  async list(path: string, query: Query = {}): Promise<readonly JsonObject[]> {
    const items: JsonObject[] = [];
    let cursor: string | undefined;
    do {
      const page = await this.get(path, { limit: 200, ...query, cursor });
      items.push(...objectsAt(page, "items"));
      cursor = stringAt(page, "next_cursor");
    } while (cursor !== undefined);
    return items;
  }

  async #send(method: Method, path: string, query: Query, body?: unknown): Promise<JsonObject> {
    const { key } = this.#options;
    const response = await this.#fetch(`${this.url}${path}${queryText(query)}`, {
      method,
      headers: {
        accept: "application/json",
        ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
        ...(body === undefined ? {} : { "content-type": "application/json" }),
      },
      // The key goes to the gateway that was named, and nowhere that it points to.
      redirect: "error",
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (response.status === 204) return {};
    const value = await readJson(response);
    if (response.ok && value !== undefined) return value;
    if (value !== undefined && typeof value["code"] === "string") throw fromProblem(value);
    throw new CliError(
      EXIT.failed,
      "internal",
      `${this.url} answered ${response.status}, but not as a gateway does.`,
      {
        fix: [{ label: "Check the address", command: `curl -i ${this.url}/version` }],
      },
    );
  }

  async #fetch(url: string, init: RequestInit): Promise<Response> {
    const { signal } = this.#options;
    try {
      return await this.#options.fetch(url, { ...init, signal });
    } catch (cause) {
      if (signal.aborted) throw new CliError(EXIT.failed, "cancelled", "Interrupted.", { cause });
      throw notRunning(this.url, cause);
    }
  }
}

async function readJson(response: Response): Promise<JsonObject | undefined> {
  try {
    const value = (await response.json()) as Json;
    return isJsonObject(value) ? value : undefined;
  } catch {
    // Not JSON, so not from a gateway: the caller says so.
    return undefined;
  }
}

function fromProblem(problem: JsonObject): CliError {
  const given = stringAt(problem, "code");
  const code: ErrorCode = ERROR_CODES.find((known) => known === given) ?? "internal";
  const fix = objectsAt(problem, "fix").filter(
    (step): step is JsonObject & Fix => typeof step["label"] === "string",
  );
  const executed = stringAt(problem, "executed") as Executed | undefined;
  const fields = objectsAt(problem, "errors").map(
    (error) => `${stringAt(error, "path")}: ${stringAt(error, "message")}`,
  );
  const message = [
    stringAt(problem, "detail") ?? stringAt(problem, "title") ?? code,
    ...fields.slice(1),
  ].join("\n  ");
  const details = isJsonObject(problem["details"]) ? problem["details"] : {};
  return new CliError(EXIT_OF[code], code, message, {
    fix,
    details,
    ...(executed === undefined ? {} : { executed }),
  });
}

function queryText(query: Query): string {
  const given = Object.entries(query).flatMap(([key, value]): [string, string][] =>
    value === undefined ? [] : [[key, String(value)]],
  );
  return given.length === 0 ? "" : `?${new URLSearchParams(given).toString()}`;
}
