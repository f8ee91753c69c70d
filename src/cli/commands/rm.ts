import type { Command } from "commander";

import { type CommandKit, withCommon } from "../command-kit.ts";
import type { CommonOptions } from "../context.ts";
import { withServerSuggestion } from "../suggestions.ts";

export function addRm(program: Command, kit: CommandKit): void {
  withCommon(
    program.command("rm").alias("remove").description("remove a server").argument("<name>", "its name"),
  ).action((name: string, options: CommonOptions) =>
    kit.run(options, async (context) => {
      const client = context.client();
      await withServerSuggestion(client, name, () =>
        client.remove(`/api/v1/servers/${encodeURIComponent(name)}`),
      );
      context.out.result({ removed: name }, () => `Removed "${name}".`);
    }),
  );
}
