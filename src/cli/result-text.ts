import { type JsonObject, stringAt } from "../domain/json.ts";
import { objectAt, objectsAt } from "./answer-fields.ts";
import type { Output } from "./output.ts";
import { printable } from "./printable.ts";

/** A tool's result as a person wants to read it. On a terminal its texts cannot move the cursor. */
export function resultText(result: JsonObject, out: Output): string {
  const parts = objectsAt(result, "content").map((part) => partText(part));
  const structured = result["structuredContent"];
  if (parts.length === 0 && structured !== undefined) parts.push(JSON.stringify(structured, null, 2));
  const text = parts.length === 0 ? "(no content)" : parts.join("\n");
  const shown = out.isTTY ? printable(text) : text;
  return result["isError"] === true ? `${out.paint("red")("The tool failed:")} ${shown}` : shown;
}

function partText(part: JsonObject): string {
  const type = stringAt(part, "type") ?? "content";
  if (type === "text") return stringAt(part, "text") ?? "";
  if (type === "resource") {
    const resource = objectAt(part, "resource");
    return stringAt(resource, "text") ?? `[resource ${stringAt(resource, "uri") ?? ""}]`;
  }
  if (type === "resource_link") return `[link ${stringAt(part, "uri") ?? ""}]`;
  const bytes = Math.round(((stringAt(part, "data") ?? "").length * 3) / 4);
  return `[${type} ${stringAt(part, "mimeType") ?? ""}, ${bytes} bytes; --json shows it]`;
}
