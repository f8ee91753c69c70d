import { type Command, InvalidArgumentError } from "commander";

import { toMs } from "../../domain/duration.ts";
import type { JsonObject } from "../../domain/json.ts";
import { objectAt } from "../answer-fields.ts";
import { isWordy, readArguments } from "../call-arguments.ts";
import { type CommandKit, repeated, withCommon } from "../command-kit.ts";
import type { CommonOptions } from "../context.ts";
import { EXIT } from "../exit-codes.ts";
import { type GatewayClient } from "../gateway-client.ts";
import { resultText } from "../result-text.ts";
import { withToolSuggestion } from "../suggestions.ts";

interface CallOptions extends CommonOptions {
  readonly arg: readonly string[];
  readonly timeout?: number;
}

export function addCall(program: Command, kit: CommandKit): void {
  withCommon(
    program
      .command("call")
      .description("call a tool; exits with 1 when the tool says that it failed")
      .argument("<tool>", "its id or name")
      .argument("[arguments...]", "JSON, or key=value …, or - to read JSON from stdin")
      .addOption(repeated("--arg <key=value>", "one argument; may be repeated"))
      .option("--timeout <duration>", "most time for it: 500ms, 30s, 5m", durationOf),
  ).action((tool: string, given: readonly string[], options: CallOptions) =>
    kit.run(options, async (context) => {
      const client = context.client();
      const words = [...given, ...options.arg];
      const path = `/api/v1/tools/${encodeURIComponent(tool)}`;
      const answer = await withToolSuggestion(client, tool, async () => {
        const schema = isWordy(words) ? await schemaOf(client, path) : {};
        const body = { arguments: await readArguments(words, schema, kit.deps.stdin) };
        return client.post(`${path}/execute`, { ...body, timeout_ms: options.timeout });
      });
      context.out.result(answer, () => resultText(answer, context.out));
      return answer["isError"] === true ? EXIT.failed : EXIT.ok;
    }),
  );
}

/** `zip=01234` is a text or a number: only the tool knows. */
async function schemaOf(client: GatewayClient, path: string): Promise<JsonObject> {
  return objectAt(await client.get(path), "input_schema");
}

function durationOf(text: string): number {
  const ms = /^\d+$/.test(text) ? Number(text) : toMs(text);
  if (ms < 1 || ms > 300_000) throw new InvalidArgumentError("Expected up to 5m, like 500ms, 30s or 2m.");
  return ms;
}
