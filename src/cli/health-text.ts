import { type JsonObject, stringAt } from "../domain/json.ts";
import type { Output } from "./output.ts";
import { oneLine, printable } from "./printable.ts";
import type { Cell } from "./table.ts";

const LOOK = {
  healthy: ["●", "green"],
  degraded: ["▲", "yellow"],
  unhealthy: ["✗", "red"],
  unknown: ["○", "dim"],
} as const;

/** `● ok`, `✗ upstream_unavailable`: the code, with a sign and a colour for the level. */
export function healthCell(health: JsonObject, out: Output): Cell {
  const level = stringAt(health, "level") ?? "unknown";
  const [sign, colour] = LOOK[level as keyof typeof LOOK] ?? LOOK.unknown;
  return { text: `${sign} ${stringAt(health, "code") ?? "unknown"}`, paint: out.paint(colour) };
}

/** The end of what a program wrote to stderr. */
export function stderrLines(tail: string | undefined, out: Output): readonly string[] {
  const text = printable(tail ?? "").trimEnd();
  if (text === "") return [];
  const lines = text.split("\n").slice(-10);
  return ["last lines of its stderr:", ...lines.map((line) => out.paint("dim")(`  │ ${line}`))];
}

/** Why a server is not well: what it last wrote, and what to do about it. */
export function healthDetails(health: JsonObject, out: Output): readonly string[] {
  const lines = [...stderrLines(stringAt(health, "stderr_tail"), out)];
  const action = health["action"] as { label?: unknown; command?: unknown } | undefined;
  if (typeof action?.label === "string") {
    const command =
      typeof action.command === "string" ? `: ${out.paint("bold")(oneLine(action.command))}` : "";
    lines.push(`${out.paint("cyan")("fix")} ${oneLine(action.label)}${command}`);
  }
  return lines;
}
