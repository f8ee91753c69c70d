import { GatewayError } from "../../domain/errors.ts";
import { httpToolDefinition } from "../../domain/http-tool-definition.ts";
import type { HttpTool } from "../../domain/http-tool.ts";
import { isJsonObject, type JsonObject, stringAt } from "../../domain/json.ts";
import type { Limits } from "../../domain/limits.ts";
import { RPC } from "../../domain/protocol.ts";
import { UpstreamTimeout } from "../../domain/upstream-errors.ts";
import type { Egress } from "../../wire/egress.ts";
import type { HttpAnswer } from "../../wire/http-exchange.ts";
import { Reply } from "../../wire/reply.ts";
import type { Connection, ConnectionEvents, UpstreamCall } from "../connection.ts";
import { refusal } from "../http/http-refusal.ts";
import { refused, toolResult } from "./answer.ts";
import { ArgumentChecks } from "./arguments.ts";
import { type ToolRequest, requestOf } from "./endpoint.ts";

export { checkHttpTool } from "./tool-check.ts";

export interface HttpToolsPlan {
  readonly server: string;
  /** The same array until a tool changes; a changed tool is a new object. */
  readonly tools: () => readonly HttpTool[];
  /** Under the policy for addresses that came over REST. */
  readonly egress: Pick<Egress, "request">;
  readonly limits: Pick<Limits, "replyBytes" | "jsonDepth">;
}

/** Plain HTTP endpoints that behave like one MCP server. There is nothing to connect to before the first call. */
export function connectHttpTools(
  plan: HttpToolsPlan,
  _events: ConnectionEvents,
  signal: AbortSignal,
): Promise<Connection> {
  return signal.aborted
    ? Promise.reject(new GatewayError("cancelled", "The connection is no longer wanted."))
    : Promise.resolve(new HttpToolsConnection(plan));
}

class HttpToolsConnection implements Connection {
  readonly era = "2025";
  readonly capabilities = { tools: {} };
  readonly serverInfo = { name: "switchgear-http-tools", version: "1.0.0" };
  readonly instructions = undefined;
  readonly #plan: HttpToolsPlan;
  readonly #checks = new ArgumentChecks();
  #listed: readonly HttpTool[] = [];
  #byName: ReadonlyMap<string, HttpTool> = new Map();

  constructor(plan: HttpToolsPlan) {
    this.#plan = plan;
  }

  async call(call: UpstreamCall): Promise<Reply> {
    switch (call.method) {
      case "tools/call":
        return this.#callTool(call);
      case "tools/list":
        return result({ tools: this.#plan.tools().map(httpToolDefinition) });
      case "ping":
        return result({});
      default:
        return rpcError(RPC.methodNotFound, `Method not found: ${call.method}`);
    }
  }

  notify(): void {
    // Nobody is there to be told.
  }

  follow(): Promise<Reply> {
    return Promise.resolve(rpcError(RPC.methodNotFound, "Resources are not supported."));
  }

  unfollow(): void {
    // Nothing is ever followed.
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  async #callTool(call: UpstreamCall): Promise<Reply> {
    const name = stringAt(call.params, "name") ?? "";
    const tool = this.#find(name);
    if (tool === undefined) return rpcError(RPC.invalidParams, `Unknown tool: ${name}`);
    const args = call.params["arguments"];
    const request = this.#requestOf(tool, isJsonObject(args) ? args : {});
    if (typeof request === "string") return notSent(name, request);
    const answer = await this.#send(tool, request, call);
    const { status } = answer;
    if (status === 429 || status >= 500) throw refusal(this.#plan.server, answer);
    return result(toolResult(tool, request.url, answer, this.#plan.limits.jsonDepth));
  }

  #requestOf(tool: HttpTool, args: JsonObject): ToolRequest | string {
    return this.#checks.problem(tool, args) ?? requestOf(tool, args);
  }

  async #send(tool: HttpTool, request: ToolRequest, call: UpstreamCall): Promise<HttpAnswer> {
    const { server, egress, limits } = this.#plan;
    const deadline = new ToolDeadline(tool.timeout_ms, call.signal);
    let sent = false;
    const onSent = (): void => {
      sent = true;
      call.onSent?.();
    };
    try {
      return await egress.request({
        ...request,
        server,
        signal: deadline.signal,
        maxBytes: limits.replyBytes,
        onSent,
      });
    } catch (error) {
      if (deadline.expired) throw new UpstreamTimeout(server, tool.timeout_ms ?? 0, sent);
      throw error;
    } finally {
      deadline.end();
    }
  }

  #find(name: string): HttpTool | undefined {
    const tools = this.#plan.tools();
    if (tools !== this.#listed) {
      this.#listed = tools;
      this.#byName = new Map(tools.map((tool) => [tool.name, tool]));
    }
    return this.#byName.get(name);
  }
}

/** The tool's own limit of time, inside that of the call. Without one, the call's signal is used as it is. */
class ToolDeadline {
  readonly signal: AbortSignal;
  expired = false;
  readonly #end: () => void;

  constructor(ms: number | undefined, outer: AbortSignal) {
    if (ms === undefined) {
      this.signal = outer;
      this.#end = () => {};
      return;
    }
    const inner = new AbortController();
    const onAbort = (): void => inner.abort(outer.reason);
    const timer = setTimeout(() => {
      this.expired = true;
      inner.abort();
    }, ms);
    if (outer.aborted) onAbort();
    outer.addEventListener("abort", onAbort);
    this.signal = inner.signal;
    this.#end = () => {
      clearTimeout(timer);
      outer.removeEventListener("abort", onAbort);
    };
  }

  end(): void {
    this.#end();
  }
}

function notSent(tool: string, problem: string): Reply {
  return result(refused(`The arguments of "${tool}" are not valid: ${problem}. Nothing was sent.`));
}

function result(value: JsonObject): Reply {
  return Reply.of("result", value, "2025");
}

function rpcError(code: number, message: string): Reply {
  return Reply.of("error", { code, message }, "2025");
}
