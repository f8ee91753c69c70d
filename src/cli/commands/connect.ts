import { Argument, type Command } from "commander";

import { CLIENTS, type Client } from "../../config/config.ts";
import { stringAt } from "../../domain/json.ts";
import { CLIENT_ENTRIES } from "../client-entries.ts";
import { type CommandKit, withCommon } from "../command-kit.ts";
import type { CommonOptions, Context } from "../context.ts";
import { profileName } from "../profile-name.ts";

interface ConnectOptions extends CommonOptions {
  readonly key?: boolean;
  readonly profile?: string;
}

export function addConnect(program: Command, kit: CommandKit): void {
  withCommon(
    program
      .command("connect")
      .description("print what an MCP client needs in order to use the gateway")
      .addArgument(new Argument("<client>", "the client").choices(CLIENTS))
      .option("--print", "print it; nothing is written (the default)")
      .option("--profile <name>", "the endpoint of this profile instead of everything")
      .option("--key", "create an API key (role user) for this client and fill it in"),
    { key: "command" },
  ).action((client: Client, options: ConnectOptions) =>
    kit.run(options, async (context) => {
      const profile = profileName(options.profile);
      const key = options.key === true ? await createKey(context, client) : undefined;
      const { url } = context.target();
      const { how, kind, text, entry } = CLIENT_ENTRIES[client]({
        url,
        key,
        profile,
        launch: kit.deps.launch,
      });
      context.out.result({ client, kind, entry, text }, () => text);
      context.out.progress(how);
      if (text.includes("<api key>"))
        context.out.progress(`Fill in an API key, or let one be created: switchgear connect ${client} --key`);
    }),
  );
}

async function createKey(context: Context, client: Client): Promise<string | undefined> {
  const created = await context.client().post("/api/v1/auth/api-keys", { name: client, role: "user" });
  return stringAt(created, "key");
}
