import { type Command, InvalidArgumentError } from "commander";

import { type JsonObject, stringAt } from "../../domain/json.ts";
import { countAt, objectsAt } from "../answer-fields.ts";
import { type CommandKit, withCommon } from "../command-kit.ts";
import type { CommonOptions } from "../context.ts";
import type { Output } from "../output.ts";
import type { Row } from "../table.ts";
import { time } from "../waterfall.ts";

interface CallsOptions extends CommonOptions {
  readonly failed?: boolean;
  readonly server?: string;
  readonly tool?: string;
  readonly outcome?: string;
  readonly since?: string;
  readonly limit: number;
}

export function addCalls(program: Command, kit: CommandKit): void {
  withCommon(
    program
      .command("calls")
      .description("the last calls, the newest first; 'why' tells more of one")
      .option("--failed", "only those that did not end well")
      .option("--server <name>", "only those to this server")
      .option("--tool <name>", "only those of this tool, by its own name")
      .option("--outcome <outcome>", "ok, tool_error, unknown …")
      .option("--since <time>", "only those since then: 5m, 1h, or a time")
      .option("--limit <count>", "how many", limitOf, 20),
  ).action((options: CallsOptions) =>
    kit.run(options, async (context) => {
      const { failed, server, tool, outcome, since, limit } = options;
      const query = { server, tool, outcome, since, limit, failed: failed === true ? "true" : undefined };
      const page = await context.client().get("/api/v1/calls", query);
      if (page["degraded"] === true)
        context.out.progress("The log cannot be written: these are from memory.");
      context.out.result(page, () => callsText(objectsAt(page, "items"), context.out));
    }),
  );
}

function callsText(calls: readonly JsonObject[], out: Output): string {
  if (calls.length === 0) return "No calls.";
  return out.table(
    ["at", "outcome", "took", "attempts", "tool", "request", "why"],
    calls.map((call) => row(call, out)),
  );
}

function row(call: JsonObject, out: Output): Row {
  const text = (key: string) => stringAt(call, key) ?? "";
  const outcome = text("outcome");
  const tool = [text("server"), text("tool")].filter((part) => part !== "").join("__");
  return [
    text("at").replace("T", " ").slice(0, 19),
    { text: outcome, paint: out.paint(outcome === "ok" ? "green" : "red") },
    time(countAt(call, "duration_ms")),
    String(countAt(call, "attempts")),
    tool,
    text("request_id"),
    text("code"),
  ];
}

function limitOf(text: string): number {
  const limit = Number(text);
  if (Number.isInteger(limit) && limit >= 1 && limit <= 200) return limit;
  throw new InvalidArgumentError("Expected a number from 1 to 200.");
}
