import { isUtf8 } from "node:buffer";

import { outputSchemaOf } from "../../domain/http-tool-definition.ts";
import type { HttpTool } from "../../domain/http-tool.ts";
import { isJsonObject, type Json, type JsonObject } from "../../domain/json.ts";
import { type HttpAnswer, mediaType } from "../../wire/http-exchange.ts";
import { checkJson } from "../../wire/json-guard.ts";

/** What of the body of a refusal is shown. */
const EXCERPT = 2_000;
const TEXT_TYPES =
  /^(?:text\/.*|application\/(?:json|xml|yaml|x-yaml|javascript|x-www-form-urlencoded|x-ndjson|graphql)|.*\+(?:json|xml|yaml))$/;

/** The answer of an endpoint with a status below 500 as the result of a `tools/call`. */
export function toolResult(tool: HttpTool, url: string, answer: HttpAnswer, jsonDepth: number): JsonObject {
  const { status, headers } = answer;
  if (status >= 400) return refused(`The endpoint answered with HTTP status ${status}.`, textBody(answer));
  if (status >= 300) {
    const to = headers.location?.slice(0, 500) ?? "nowhere";
    return refused(
      `The endpoint answered with a redirect (HTTP status ${status}) to ${to}; redirects are not followed.`,
    );
  }
  const { value, text } = parsed(answer, jsonDepth);
  if (isJsonObject(value)) return { content: [{ type: "text", text }], structuredContent: value };
  if (outputSchemaOf(tool) !== undefined) {
    return refused(
      "The endpoint answered, but not with a JSON object, as the tool's output schema promises.",
      textBody(answer),
    );
  }
  if (value !== undefined) return { content: [{ type: "text", text }] };
  return { content: [contentOf(answer, url)] };
}

/** A result that tells a model that the tool failed, and why. */
export function refused(reason: string, body?: string): JsonObject {
  const text = body === undefined || body === "" ? reason : `${reason}\n${body.slice(0, EXCERPT)}`;
  return { content: [{ type: "text", text }], isError: true };
}

/** The JSON of the body with its text, or neither. Text that only calls itself JSON is shown as what it is: text. */
function parsed(answer: HttpAnswer, depth: number): { value?: Json; text: string } {
  const type = mediaType(answer.headers);
  if (answer.body.length === 0 || !(type === "application/json" || type.endsWith("+json")))
    return { text: "" };
  const text = answer.body.toString("utf8");
  try {
    checkJson(text, { depth });
    return { value: JSON.parse(text) as Json, text };
  } catch {
    return { text: "" };
  }
}

function contentOf(answer: HttpAnswer, url: string): JsonObject {
  const { status, body, headers } = answer;
  if (body.length === 0)
    return { type: "text", text: `The endpoint answered with HTTP status ${status} and no content.` };
  const mimeType = mediaType(headers);
  const [major] = mimeType.split("/", 1);
  if (major === "image" || major === "audio") return { type: major, data: body.toString("base64"), mimeType };
  const text = textBody(answer);
  if (text !== undefined) return { type: "text", text };
  const { origin, pathname } = new URL(url);
  const resource = {
    uri: origin + pathname,
    mimeType: mimeType === "" ? "application/octet-stream" : mimeType,
    blob: body.toString("base64"),
  };
  return { type: "resource", resource };
}

/** The body as text, if its type says so, or if it says nothing and the bytes are text. */
function textBody({ headers, body }: HttpAnswer): string | undefined {
  const type = mediaType(headers);
  if (type === "" ? !isUtf8(body) : !TEXT_TYPES.test(type)) return undefined;
  const charset = /;\s*charset="?([\w:.-]+)/i.exec(headers["content-type"] ?? "")?.[1] ?? "utf-8";
  try {
    return new TextDecoder(charset).decode(body);
  } catch {
    // A charset that does not exist.
    return body.toString("utf8");
  }
}
