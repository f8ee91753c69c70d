import type { Command } from "commander";

import { type JsonObject, stringAt } from "../../domain/json.ts";
import { countAt, objectAt, objectsAt } from "../answer-fields.ts";
import { type CommandKit, withCommon } from "../command-kit.ts";
import type { CommonOptions } from "../context.ts";
import { healthCell, healthDetails } from "../health-text.ts";
import type { Output } from "../output.ts";
import { oneLine } from "../printable.ts";

export function addStatus(program: Command, kit: CommandKit): void {
  withCommon(program.command("status").description("how the gateway and its servers are")).action(
    (options: CommonOptions) =>
      kit.run(options, async (context) => {
        const client = context.client();
        const [status, detailed] = await Promise.all([
          client.get("/api/v1/status"),
          client.get("/health/detailed"),
        ]);
        const health = objectAt(detailed, "health");
        context.out.result({ url: client.url, ...status, health }, () =>
          statusText(client.url, status, health, context.out),
        );
      }),
  );
}

function statusText(url: string, status: JsonObject, health: JsonObject, out: Output): string {
  const servers = objectAt(status, "servers");
  const counted = ["healthy", "degraded", "unhealthy", "unknown", "disabled"]
    .filter((level) => countAt(servers, level) > 0)
    .map((level) => `${countAt(servers, level)} ${level}`);
  const count = (key: string) => String(countAt(status, key));
  const facts: readonly (readonly [string, string])[] = [
    ["gateway", `${url}${status["draining"] === true ? " (stopping)" : ""}`],
    ["version", stringAt(status, "version") ?? "unknown"],
    ["up for", duration(countAt(status, "uptime_s"))],
    ["memory", `${Math.round(countAt(objectAt(status, "memory"), "rss_bytes") / 1_048_576)} MiB`],
    ["servers", `${countAt(servers, "total")}${counted.length === 0 ? "" : ` (${counted.join(", ")})`}`],
    ["offered", `${count("tools")} tools, ${count("resources")} resources, ${count("prompts")} prompts`],
    ["sessions", count("sessions")],
    ...objectsAt(status, "lists").map((list) => ["list", listCost(list)] as const),
  ];
  const lines = facts.map(([name, value]) => `${out.paint("dim")(name.padEnd(9))} ${value}`);
  return [
    ...lines,
    ...Object.keys(health).flatMap((server) => unwell(server, objectAt(health, server), out)),
  ].join("\n");
}

/** `/mcp: full 182 tools ≈ 41,300 tokens; hybrid ≈ 2,900; search ≈ 1,150 (auto: hybrid)`. */
function listCost(list: JsonObject): string {
  const tokens = objectAt(list, "tokens");
  const about = (mode: string) => `≈ ${rounded(countAt(tokens, mode)).toLocaleString("en")}`;
  const mode = stringAt(list, "mode") ?? "";
  const effective = stringAt(list, "effective") ?? "";
  const shown = mode === effective ? mode : `${mode}: ${effective}`;
  const tools = `${countAt(list, "tools").toLocaleString("en")} tools`;
  return `${oneLine(stringAt(list, "endpoint") ?? "")}: full ${tools} ${about("full")} tokens; hybrid ${about("hybrid")}; search ${about("search")} (${shown})`;
}

/** It is an estimate, and should look like one. */
function rounded(count: number): number {
  const step = count < 1_000 ? 10 : count < 10_000 ? 50 : 100;
  return Math.round(count / step) * step;
}

function unwell(server: string, health: JsonObject, out: Output): readonly string[] {
  const level = stringAt(health, "level");
  if (level !== "unhealthy" && level !== "degraded") return [];
  const { text, paint = String } = healthCell(health, out);
  const details = healthDetails(health, out).map((line) => `  ${line}`);
  return [
    "",
    `${paint(text)}  ${out.paint("bold")(server)}  ${oneLine(stringAt(health, "summary") ?? "")}`,
    ...details,
  ];
}

function duration(seconds: number): string {
  if (seconds < 60) return `${Math.round(seconds)} s`;
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 172_800) return `${Math.floor(seconds / 3_600)} h ${Math.floor((seconds % 3_600) / 60)} min`;
  return `${Math.floor(seconds / 86_400)} days`;
}
