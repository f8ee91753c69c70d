import { type Command, InvalidArgumentError, Option } from "commander";

import { type JsonObject, isJsonObject, stringAt } from "../../domain/json.ts";
import { countAt, objectAt, objectsAt } from "../answer-fields.ts";
import { type CommandKit, withCommon } from "../command-kit.ts";
import type { CommonOptions } from "../context.ts";
import type { Output } from "../output.ts";
import type { Row } from "../table.ts";

const TYPES = ["keyword", "semantic", "hybrid"] as const;

interface SearchOptions extends CommonOptions {
  readonly max: number;
  readonly server?: string;
  readonly type?: string;
  readonly explain: boolean;
}

export function addSearch(program: Command, kit: CommandKit): void {
  withCommon(
    program
      .command("search")
      .description("find tools by what they do")
      .argument("<query...>", "words, or a tool's name")
      .option("--max <number>", "most results", countOf, 10)
      .option("--server <name>", "only tools of this server")
      .addOption(new Option("--type <type>", "how to search (default: hybrid)").choices(TYPES))
      .option("--explain", "say what made up each score", false),
  ).action((words: readonly string[], options: SearchOptions) =>
    kit.run(options, async (context) => {
      const { out } = context;
      const answer = await context.client().get("/api/v1/tools/search", {
        q: words.join(" "),
        search_type: options.type,
        max_results: options.max,
        server: options.server,
        explain: options.explain ? "true" : undefined,
      });
      out.result(answer, () => {
        const rows = objectsAt(answer, "items").map((hit) => rowOf(hit, out, options.explain));
        if (rows.length === 0) return "No tool matches.";
        if (!options.explain) return out.table(["TOOL", "SCORE", "DESCRIPTION"], rows);
        const reason = stringAt(objectAt(answer, "search"), "reason");
        const table = out.table(["TOOL", "SCORE", "KEYWORD", "SEMANTIC", "MATCHED"], rows);
        return reason === undefined ? table : `${table}\n\n${reason}`;
      });
    }),
  );
}

function rowOf(hit: JsonObject, out: Output, explain: boolean): Row {
  const tool = objectAt(hit, "tool");
  const isUp = tool["available"] !== false;
  const name = { text: stringAt(tool, "id") ?? "", paint: out.paint(isUp ? "bold" : "dim") };
  const score = countAt(hit, "score").toFixed(2);
  if (!explain) return [name, score, `${isUp ? "" : "(down) "}${stringAt(tool, "description") ?? ""}`];
  const parts = objectAt(hit, "explain");
  const matched = hit["matched"];
  const words = Array.isArray(matched) ? matched.join(" ") : "";
  const exact = parts["exact"] === true ? "(exact) " : "";
  return [name, score, partOf(parts, "keyword"), partOf(parts, "semantic"), exact + words];
}

/** `0.70 x 0.91 (8.3)`: its weight, relative to the best, and as it was measured. */
function partOf(parts: JsonObject, leg: string): string {
  if (!isJsonObject(parts[leg])) return "-";
  const part = objectAt(parts, leg);
  const [weight, normalised, raw] = ["weight", "normalised", "raw"].map((key) =>
    countAt(part, key).toFixed(2),
  );
  return `${weight} x ${normalised} (${raw})`;
}

function countOf(text: string): number {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1 || count > 50)
    throw new InvalidArgumentError("Expected 1 to 50.");
  return count;
}
