import type { Command } from "commander";

import { type JsonObject, isJsonObject, stringAt } from "../../domain/json.ts";
import { objectAt } from "../answer-fields.ts";
import { type CommandKit, withCommon } from "../command-kit.ts";
import type { CommonOptions } from "../context.ts";
import type { Output } from "../output.ts";
import { oneLine, printable } from "../printable.ts";
import { withToolSuggestion } from "../suggestions.ts";

export function addDescribe(program: Command, kit: CommandKit): void {
  withCommon(
    program
      .command("describe")
      .description("show a tool and its parameters")
      .argument("<tool>", "its id or name"),
  ).action((tool: string, options: CommonOptions) =>
    kit.run(options, async (context) => {
      const client = context.client();
      const path = `/api/v1/tools/${encodeURIComponent(tool)}`;
      const detail = await withToolSuggestion(client, tool, () => client.get(path));
      context.out.result(detail, () => toolText(detail, context.out));
    }),
  );
}

function toolText(tool: JsonObject, out: Output): string {
  const id = stringAt(tool, "id") ?? "";
  const title = stringAt(tool, "title");
  const hints = [
    tool["read_only"] === true ? "says it changes nothing" : "may change things",
    ...(tool["destructive"] === true ? ["says it may destroy"] : []),
    ...(tool["idempotent"] === true ? ["says it may be repeated"] : []),
    ...(tool["available"] === false ? ["its server is down"] : []),
  ];
  const parameters = parametersOf(objectAt(tool, "input_schema"));
  const table = out.table(
    ["PARAMETER", "TYPE", "", "DESCRIPTION"],
    parameters.map(({ name, type, required, description }) => [
      { text: name, paint: out.paint("bold") },
      type,
      { text: required ? "required" : "", paint: out.paint("yellow") },
      description,
    ]),
  );
  const example = parameters.filter(({ required }) => required).map(({ name }) => ` ${name}=…`);
  return [
    `${out.paint("bold")(id)}${title === undefined ? "" : `  ${oneLine(title)}`}`,
    out.paint("dim")(`server ${stringAt(tool, "server") ?? ""} · ${hints.join(" · ")}`),
    "",
    printable(stringAt(tool, "description") ?? "").trim(),
    "",
    parameters.length === 0 ? "No parameters." : table,
    "",
    `${out.paint("dim")("call it:")} switchgear call ${id}${example.join("")}`,
  ].join("\n");
}

interface Parameter {
  readonly name: string;
  readonly type: string;
  readonly required: boolean;
  readonly description: string;
}

function parametersOf(schema: JsonObject): readonly Parameter[] {
  const required = new Set(Array.isArray(schema["required"]) ? schema["required"] : []);
  const all = Object.entries(objectAt(schema, "properties")).map(([name, raw]) => {
    const field = isJsonObject(raw) ? raw : {};
    const fallback = field["default"] === undefined ? "" : ` (default ${JSON.stringify(field["default"])})`;
    return {
      name,
      type: typeOf(field),
      required: required.has(name),
      description: `${stringAt(field, "description") ?? ""}${fallback}`,
    };
  });
  return [...all.filter((one) => one.required), ...all.filter((one) => !one.required)];
}

function typeOf(field: JsonObject): string {
  if (Array.isArray(field["enum"])) return field["enum"].map((value) => JSON.stringify(value)).join(" | ");
  const type = Array.isArray(field["type"]) ? field["type"].join(" | ") : (stringAt(field, "type") ?? "any");
  const item = stringAt(objectAt(field, "items"), "type");
  return type === "array" && item !== undefined ? `${item}[]` : type;
}
