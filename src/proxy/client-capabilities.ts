import { type JsonObject, isJsonObject } from "../domain/json.ts";

/** Whether a client that declared these capabilities can be asked anything at all. */
export function isInteractive(capabilities: JsonObject): boolean {
  const { sampling, elicitation, roots } = capabilities;
  return isJsonObject(elicitation) || isJsonObject(sampling) || isJsonObject(roots);
}

/** The capability that a client lacks to answer this question; nothing if it can. */
export function missingCapability(
  capabilities: JsonObject,
  method: string,
  params: JsonObject,
): string | undefined {
  const { sampling, elicitation, roots, tasks } = capabilities;
  if (method === "elicitation/create") return missingForElicitation(elicitation, params);
  if (method === "roots/list") return isJsonObject(roots) ? undefined : "roots";
  if (method !== "sampling/createMessage") return isJsonObject(tasks) ? undefined : "tasks";
  if (!isJsonObject(sampling)) return "sampling";
  const usesTools = params["tools"] !== undefined || params["toolChoice"] !== undefined;
  return usesTools && !isJsonObject(sampling["tools"]) ? "sampling.tools" : undefined;
}

/** A client that names neither form nor URL knows forms only: it is older than the difference (MCP 2025-06-18). */
function missingForElicitation(elicitation: JsonObject[string], params: JsonObject): string | undefined {
  if (!isJsonObject(elicitation)) return "elicitation";
  if (params["mode"] === "url") return isJsonObject(elicitation["url"]) ? undefined : "elicitation.url";
  const knowsForms = isJsonObject(elicitation["form"]) || elicitation["url"] === undefined;
  return knowsForms ? undefined : "elicitation.form";
}
