import { type Command, Option } from "commander";

import { type JsonObject, stringAt } from "../../domain/json.ts";
import { countAt } from "../answer-fields.ts";
import { usageError } from "../cli-error.ts";
import { type CommandKit, withCommon } from "../command-kit.ts";
import type { CommonOptions, Context } from "../context.ts";
import type { Output } from "../output.ts";
import { withServerSuggestion } from "../suggestions.ts";

interface BreakerOptions extends CommonOptions {
  readonly open?: boolean;
  readonly close?: boolean;
  readonly reset?: boolean;
}

const ACTIONS = ["open", "close", "reset"] as const;
type Action = (typeof ACTIONS)[number];

export function addBreaker(program: Command, kit: CommandKit): void {
  withCommon(
    program
      .command("breaker")
      .description("see whether calls to the servers are let through; stop them, or let them through again")
      .argument("[server]", "its name")
      .addOption(new Option("--open", "stop all calls to it").conflicts(["close", "reset"]))
      .addOption(new Option("--close", "let calls through again").conflicts("reset"))
      .option("--reset", "the same: forget all failures"),
  ).action((server: string | undefined, options: BreakerOptions) =>
    kit.run(options, async (context) => {
      const action = ACTIONS.find((one) => options[one] === true);
      if (server !== undefined) return showOne(context, server, action);
      if (action !== undefined)
        throw usageError(`--${action} needs a server`, `switchgear breaker <server> --${action}`);
      const items = await context.client().list("/api/v1/breakers");
      context.out.result({ items }, () =>
        items.length === 0 ? "No servers yet." : table(items, context.out),
      );
    }),
  );
}

async function showOne(context: Context, server: string, action: Action | undefined): Promise<void> {
  const client = context.client();
  const path = `/api/v1/servers/${encodeURIComponent(server)}/breaker`;
  const breaker = await withServerSuggestion(client, server, () =>
    action === undefined ? client.get(path) : client.post(path, { action }),
  );
  context.out.result(breaker, () => table([breaker], context.out));
}

const COLOURS = { closed: "green", open: "red", half_open: "yellow" } as const;

function table(breakers: readonly JsonObject[], out: Output): string {
  const rows = breakers.map((breaker) => {
    const state = stringAt(breaker, "state") ?? "unknown";
    const colour = COLOURS[state as keyof typeof COLOURS] ?? "dim";
    return [
      { text: stringAt(breaker, "server") ?? "", paint: out.paint("bold") },
      { text: state.replace("_", " "), paint: out.paint(colour) },
      `${countAt(breaker, "failures")} of ${countAt(breaker, "calls")}`,
      outlook(breaker),
    ];
  });
  return out.table(["SERVER", "BREAKER", "FAILED", ""], rows);
}

function outlook(breaker: JsonObject): string {
  if (breaker["forced"] === true) return "opened by hand; closes by hand";
  if (typeof breaker["retry_in_ms"] !== "number") return "";
  return `asked for a sign of life in ${Math.ceil(breaker["retry_in_ms"] / 1_000)} s`;
}
