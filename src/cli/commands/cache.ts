import type { Command } from "commander";

import { type JsonObject, stringAt } from "../../domain/json.ts";
import { countAt, objectsAt } from "../answer-fields.ts";
import { type CommandKit, withCommon } from "../command-kit.ts";
import type { CommonOptions } from "../context.ts";
import type { Output } from "../output.ts";

const CACHE = "/api/v1/cache";

interface PurgeOptions extends CommonOptions {
  readonly server?: string;
  readonly tool?: string;
  readonly entry?: string;
}

export function addCache(program: Command, kit: CommandKit): void {
  const cache = program.command("cache").description("kept answers of tools: show, purge");
  withCommon(
    cache.command("show", { isDefault: true }).description("how much is kept, and how often it helped"),
  ).action((options: CommonOptions) =>
    kit.run(options, async (context) => {
      const figures = await context.client().get(CACHE);
      context.out.result(figures, () => cacheText(figures, context.out));
    }),
  );
  withCommon(
    cache
      .command("purge")
      .description("forget kept answers; all of them without an option")
      .option("--server <name>", "of this server only")
      .option("--tool <id>", "of this tool only: its id, or its name with --server")
      .option("--entry <key>", "one entry"),
  ).action((options: PurgeOptions) =>
    kit.run(options, async (context) => {
      const { server, tool, entry } = options;
      const answer = await context.client().remove(CACHE, { server, tool, key: entry });
      const count = countAt(answer, "purged");
      context.out.result(answer, () => `Forgot ${count} ${count === 1 ? "answer" : "answers"}.`);
    }),
  );
}

function cacheText(figures: JsonObject, out: Output): string {
  const count = (key: string) => String(countAt(figures, key));
  const tiers = objectsAt(figures, "tiers").map(
    (tier) => `${stringAt(tier, "tier")}${tier["up"] === true ? "" : " (not used just now)"}`,
  );
  const facts: readonly (readonly [string, string])[] = [
    ["kept", `${count("entries")} answers, ${Math.ceil(countAt(figures, "bytes") / 1_024)} KiB`],
    ["hits", `${count("hits")} (${count("misses")} misses)`],
    ["stale", count("stale")],
    ["tiers", tiers.join(", ")],
  ];
  return facts.map(([name, value]) => `${out.paint("dim")(name.padEnd(9))} ${value}`).join("\n");
}
