import type { CliDeps, RunningGateway } from "./cli-deps.ts";
import { CLIENT_ENTRIES } from "./client-entries.ts";
import type { Output } from "./output.ts";

/** What a newcomer needs next. The administrator's key is shown at the first start only. */
export function banner(
  gateway: RunningGateway,
  deps: Pick<CliDeps, "version" | "launch" | "env">,
  out: Output,
): string {
  const { url, adminKey } = gateway;
  const { version, launch } = deps;
  // Started by npm, the command is most likely not on the path of the shell.
  const program = deps.env["npm_lifecycle_event"] === undefined ? "switchgear" : "npx switchgear";
  const dim = out.paint("dim");
  const line = (name: string, text: string) => `  ${dim(name.padEnd(16))} ${text}`;
  const claude =
    adminKey === undefined
      ? `${program} connect claude-code --key`
      : CLIENT_ENTRIES["claude-code"]({ url, key: adminKey, launch }).text;
  const key =
    adminKey === undefined
      ? []
      : [line("admin key", out.paint("bold")(adminKey)), line("", dim("shown this once: keep it")), ""];
  return [
    "",
    `  ${out.paint("bold")("Switchgear")} ${version} listens on ${out.paint("cyan")(url)}`,
    "",
    ...key,
    line("Claude Code", claude),
    line("other clients", `${program} connect claude-desktop | vscode | cursor`),
    line("your servers", `${program} import   or   ${program} add <name> <url>`),
    line("find a tool", `${program} search <words>`),
    line("API docs", `${url}/api/docs`),
    "",
  ].join("\n");
}
