import type { Command } from "commander";

import { type CommandKit, withCommon } from "../command-kit.ts";
import type { CommonOptions } from "../context.ts";
import { waterfallText } from "../waterfall.ts";

export function addWhy(program: Command, kit: CommandKit): void {
  withCommon(
    program
      .command("why")
      .description("what became of a call, and where its time went")
      .argument("<request>", "the request id of its answer or error (X-Request-Id), or its call id"),
  ).action((request: string, options: CommonOptions) =>
    kit.run(options, async (context) => {
      const call = await context.client().get(`/api/v1/calls/${encodeURIComponent(request)}`);
      context.out.result(call, () => waterfallText(call, context.out));
    }),
  );
}
