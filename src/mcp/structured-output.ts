import { type JsonObject, isJsonObject } from "../domain/json.ts";
import { Reply } from "../wire/reply.ts";

/**
 * 2026-07-28 allows any JSON as structured content; 2025 clients take objects only. For them anything else is
 * wrapped as `{ "result": … }`, in the tool's `outputSchema` and in its answers alike.
 */
function isWrappedFor2025(definition: JsonObject): boolean {
  const schema = definition["outputSchema"];
  return isJsonObject(schema) && schema["type"] !== "object";
}

export function toolFor2025(definition: JsonObject): JsonObject {
  if (!isWrappedFor2025(definition)) return definition;
  const { outputSchema } = definition;
  // References like `#/$defs/Item` start at the root, so the definitions move up with it.
  const { $defs, definitions } = outputSchema as JsonObject;
  const wrapped: JsonObject = {
    type: "object",
    properties: { result: outputSchema },
    required: ["result"],
    ...($defs === undefined ? {} : { $defs }),
    ...(definitions === undefined ? {} : { definitions }),
  };
  return { ...definition, outputSchema: wrapped };
}

export function resultFor2025(definition: JsonObject, reply: Reply): Reply {
  if (reply.kind === "error" || !isWrappedFor2025(definition)) return reply;
  const { structuredContent } = reply.value;
  if (structuredContent === undefined) return reply;
  return Reply.of("result", { ...reply.value, structuredContent: { result: structuredContent } }, reply.era);
}
