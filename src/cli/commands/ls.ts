import type { Command } from "commander";

import { type JsonObject, stringAt } from "../../domain/json.ts";
import { countAt, objectAt } from "../answer-fields.ts";
import { type CommandKit, withCommon } from "../command-kit.ts";
import type { CommonOptions } from "../context.ts";
import { healthCell } from "../health-text.ts";
import type { Output } from "../output.ts";

export function addLs(program: Command, kit: CommandKit): void {
  withCommon(program.command("ls").alias("list").description("list the servers and how they are")).action(
    (options: CommonOptions) =>
      kit.run(options, async (context) => {
        const { out } = context;
        const items = await context.client().list("/api/v1/servers");
        out.result({ items }, () => (items.length === 0 ? NOTHING : serverTable(items, out)));
      }),
  );
}

const NOTHING = "No servers yet. Add one: switchgear add <name> <url>, or: switchgear import";

function serverTable(servers: readonly JsonObject[], out: Output): string {
  const rows = servers.map((server) => {
    const health = objectAt(server, "health");
    const isFine = stringAt(health, "level") === "healthy" || stringAt(health, "code") === "disabled";
    return [
      { text: stringAt(server, "name") ?? "", paint: out.paint("bold") },
      stringAt(server, "type") ?? "",
      healthCell(health, out),
      String(countAt(objectAt(server, "counts"), "tools")),
      stringAt(server, "source") ?? "",
      [breakerNote(server), isFine ? whereabouts(server) : (stringAt(health, "summary") ?? "")].join(""),
    ];
  });
  return out.table(["NAME", "TYPE", "HEALTH", "TOOLS", "SOURCE", ""], rows);
}

/** Calls are held back, whatever the health says. */
function breakerNote(server: JsonObject): string {
  const breaker = stringAt(server, "breaker");
  return breaker === "open" || breaker === "half_open" ? `[breaker ${breaker.replace("_", " ")}] ` : "";
}

function whereabouts(server: JsonObject): string {
  const args = Array.isArray(server["args"]) ? server["args"].map(String) : [];
  return stringAt(server, "url") ?? [stringAt(server, "command") ?? "", ...args].join(" ");
}
