import { type Command, InvalidArgumentError } from "commander";

import { stringAt } from "../../domain/json.ts";
import { countAt, objectAt, objectsAt } from "../answer-fields.ts";
import { type CommandKit, withCommon } from "../command-kit.ts";
import type { CommonOptions } from "../context.ts";

interface SearchOptions extends CommonOptions {
  readonly max: number;
  readonly server?: string;
}

export function addSearch(program: Command, kit: CommandKit): void {
  withCommon(
    program
      .command("search")
      .description("find tools by what they do")
      .argument("<query...>", "words, or a tool's name")
      .option("--max <number>", "most results", countOf, 10)
      .option("--server <name>", "only tools of this server"),
  ).action((words: readonly string[], options: SearchOptions) =>
    kit.run(options, async (context) => {
      const { out } = context;
      const query = { q: words.join(" "), max_results: options.max, server: options.server };
      const answer = await context.client().get("/api/v1/tools/search", query);
      out.result(answer, () => {
        const rows = objectsAt(answer, "items").map((hit) => {
          const tool = objectAt(hit, "tool");
          const isUp = tool["available"] !== false;
          return [
            { text: stringAt(tool, "id") ?? "", paint: out.paint(isUp ? "bold" : "dim") },
            countAt(hit, "score").toFixed(2),
            `${isUp ? "" : "(down) "}${stringAt(tool, "description") ?? ""}`,
          ];
        });
        return rows.length === 0 ? "No tool matches." : out.table(["TOOL", "SCORE", "DESCRIPTION"], rows);
      });
    }),
  );
}

function countOf(text: string): number {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1 || count > 50)
    throw new InvalidArgumentError("Expected 1 to 50.");
  return count;
}
