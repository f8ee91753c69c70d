import type { Command } from "commander";

import { objectAt } from "../answer-fields.ts";
import { type CommandKit, withCommon } from "../command-kit.ts";
import type { CommonOptions } from "../context.ts";
import { healthCell } from "../health-text.ts";
import { withServerSuggestion } from "../suggestions.ts";

export function addRestart(program: Command, kit: CommandKit): void {
  withCommon(
    program
      .command("restart")
      .description("start a server anew, also one that was given up; its calls in flight fail")
      .argument("<server>", "its name"),
  ).action((name: string, options: CommonOptions) =>
    kit.run(options, async (context) => {
      const { out } = context;
      const client = context.client();
      const path = `/api/v1/servers/${encodeURIComponent(name)}/restart`;
      const answer = await withServerSuggestion(client, name, () => client.post(path, {}));
      out.result({ restarted: name, ...answer }, () => {
        const { text } = healthCell(objectAt(answer, "health"), out);
        return `Restarted "${name}": ${text}`;
      });
    }),
  );
}
