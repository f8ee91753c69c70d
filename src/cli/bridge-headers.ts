import { type Json, type JsonObject, isJsonObject, stringAt } from "../domain/json.ts";
import { META } from "../domain/protocol.ts";
import {
  HEADER,
  type ParamHeader,
  encodeHeaderValue,
  nameOf,
  paramHeaderValues,
  paramHeaders,
} from "../wire/mcp-headers.ts";
import type { Headers } from "./bridge-endpoint.ts";

/** The version that a request of 2026 claims in its envelope; nothing for one of 2025. */
export function claimedVersion(params: JsonObject): string | undefined {
  const { _meta: meta } = params;
  return isJsonObject(meta) ? stringAt(meta, META.protocolVersion) : undefined;
}

/**
 * Headers that 2026-07-28 asks of HTTP and stdio has not: what the body says, repeated. Arguments are repeated where
 * the tool's schema marks them, so the tools that pass by are remembered.
 */
export class BridgeHeaders {
  readonly #marks = new Map<string, readonly ParamHeader[]>();

  of(method: string, params: JsonObject, version: string): Headers {
    const name = nameOf(method, params);
    return {
      [HEADER.protocolVersion]: encodeHeaderValue(version),
      [HEADER.method]: encodeHeaderValue(method),
      ...(name === undefined ? {} : { [HEADER.name]: encodeHeaderValue(name) }),
      ...(method === "tools/call" ? this.#ofArguments(params) : {}),
    };
  }

  knows(tool: string): boolean {
    return this.#marks.has(tool);
  }

  /** Looks at a result of `tools/list`. */
  learn(result: JsonObject): void {
    const { tools } = result;
    if (!Array.isArray(tools)) return;
    for (const tool of tools as readonly Json[]) {
      if (!isJsonObject(tool) || !isJsonObject(tool["inputSchema"])) continue;
      const name = stringAt(tool, "name");
      if (name !== undefined) this.#marks.set(name, paramHeaders(tool["inputSchema"]));
    }
  }

  #ofArguments(params: JsonObject): Headers {
    const { arguments: args } = params;
    const marks = this.#marks.get(stringAt(params, "name") ?? "");
    return marks === undefined || !isJsonObject(args) ? {} : paramHeaderValues(marks, args);
  }
}
