import { type Json, type JsonObject, isJsonObject, stringAt } from "../../domain/json.ts";
import type { Tool } from "../../domain/offering.ts";

const MAX_SIGNATURE = 280;
const MAX_TYPE = 60;

export type Risk = "read" | "write" | "destructive";

/** By the upstream's own hints. */
export function riskOf({ readOnly, destructive }: Tool): Risk {
  if (readOnly) return "read";
  return destructive ? "destructive" : "write";
}

/** `github__create_issue(repo: string, title: string, labels?: string[])`: the required parameters first. */
export function signatureOf(name: string, definition: JsonObject): string {
  const { inputSchema } = definition;
  const schema = isJsonObject(inputSchema) ? inputSchema : {};
  const properties = isJsonObject(schema["properties"]) ? Object.entries(schema["properties"]) : [];
  const required = new Set(Array.isArray(schema["required"]) ? (schema["required"] as readonly Json[]) : []);
  const parameters = [
    ...properties.filter(([key]) => required.has(key)).map(([key, type]) => `${key}: ${typeOf(type)}`),
    ...properties.filter(([key]) => !required.has(key)).map(([key, type]) => `${key}?: ${typeOf(type)}`),
  ];
  let text = `${name}(`;
  for (const [at, parameter] of parameters.entries()) {
    const next = at === 0 ? parameter : `, ${parameter}`;
    if (text.length + next.length > MAX_SIGNATURE) return `${text}, …${parameters.length - at} more)`;
    text += next;
  }
  return `${text})`;
}

function typeOf(schema: Json | undefined): string {
  if (!isJsonObject(schema)) return "any";
  const choices = schema["enum"];
  if (Array.isArray(choices)) return shortened(choices.map((choice) => JSON.stringify(choice)).join("|"));
  if (schema["const"] !== undefined) return shortened(JSON.stringify(schema["const"]));
  const { type } = schema;
  if (Array.isArray(type)) return shortened(type.map(String).join("|"));
  if (type === "array") return `${typeOf(schema["items"])}[]`;
  return typeof type === "string" ? shortened(type) : (referenced(schema) ?? "any");
}

/** The last word of `#/$defs/Label`. */
function referenced(schema: JsonObject): string | undefined {
  return stringAt(schema, "$ref")?.split("/").at(-1)?.slice(0, MAX_TYPE);
}

function shortened(type: string): string {
  return type.length <= MAX_TYPE ? type : `${type.slice(0, MAX_TYPE - 1)}…`;
}
