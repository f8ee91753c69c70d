import type { Command } from "commander";

import { type JsonObject, stringAt } from "../../domain/json.ts";
import { objectAt, objectsAt } from "../answer-fields.ts";
import { type CommandKit, withCommon } from "../command-kit.ts";
import type { CommonOptions } from "../context.ts";
import type { Output } from "../output.ts";
import { oneLine } from "../printable.ts";

interface ExplainOptions extends CommonOptions {
  readonly as?: string;
  readonly profile?: string;
  readonly server?: string;
  readonly client?: string;
}

export function addExplain(program: Command, kit: CommandKit): void {
  withCommon(
    program
      .command("explain")
      .description("say why a tool is seen and can be called, or not")
      .argument("<tool>", "its id or name")
      .option("--as <key|role>", "through the eyes of a role, or of an API key by id or name")
      .option("--profile <name>", "at the endpoint of this profile")
      .option("--server <name>", "at the endpoint of this server")
      .option("--client <name>", "for an MCP client of this name"),
  ).action((tool: string, options: ExplainOptions) =>
    kit.run(options, async (context) => {
      const { as, profile, server, client } = options;
      const path = `/api/v1/tools/${encodeURIComponent(tool)}/explain`;
      const answer = await context.client().get(path, { as, profile, server, client });
      context.out.result(answer, () => explainText(answer, context.out));
    }),
  );
}

function explainText(answer: JsonObject, out: Output): string {
  const truth = objectAt(answer, "truth");
  const differs = Object.keys(truth).length > 0 && stringAt(truth, "reason") !== stringAt(answer, "reason");
  const as = objectAt(answer, "as");
  const who = `${stringAt(as, "subject") ?? ""} (${stringAt(as, "role") ?? ""})`;
  const head = [
    out.paint("bold")(stringAt(answer, "id") ?? stringAt(answer, "tool") ?? ""),
    verdictOf(answer),
  ];
  return [
    head.join("  "),
    out.paint("dim")(`for ${who}`),
    "",
    ...checkLines(answer, out),
    ...(differs ? ["", out.paint("bold")(`In truth: ${verdictOf(truth)}`), ...checkLines(truth, out)] : []),
  ].join("\n");
}

function verdictOf(answer: JsonObject): string {
  if (answer["callable"] === true)
    return answer["listed"] === true ? "can be called" : "can be called, but is not listed";
  return `${answer["visible"] === true ? "cannot be called" : "does not exist here"}: ${stringAt(answer, "reason") ?? ""}`;
}

function checkLines(answer: JsonObject, out: Output): readonly string[] {
  return objectsAt(answer, "checks").flatMap((check) => {
    const passed = check["passed"] === true;
    const mark = passed ? out.paint("green")("✓") : out.paint("red")("✗");
    const since = stringAt(check, "since");
    const summary = oneLine(stringAt(check, "summary") ?? "");
    const fix = objectAt(check, "fix");
    const label = stringAt(fix, "label");
    const command = stringAt(fix, "command");
    return [
      `${mark} ${(stringAt(check, "check") ?? "").padEnd(13)} ${summary}${passed || since === undefined ? "" : ` (since ${since})`}`,
      ...(passed || label === undefined
        ? []
        : [`  fix ${oneLine(label)}${command === undefined ? "" : `: ${oneLine(command)}`}`]),
    ];
  });
}
