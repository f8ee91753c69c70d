import { type Command, InvalidArgumentError, Option } from "commander";

import { toMs } from "../../domain/duration.ts";
import { ROLES } from "../../domain/identity.ts";
import { stringAt } from "../../domain/json.ts";
import { type CommandKit, withCommon } from "../command-kit.ts";
import type { CommonOptions } from "../context.ts";

const KEYS = "/api/v1/auth/api-keys";

interface CreateOptions extends CommonOptions {
  readonly name?: string;
  readonly role: string;
  readonly expires?: string;
}

export function addKey(program: Command, kit: CommandKit): void {
  const key = program.command("key").description("API keys: create, ls, rm");
  addCreate(key, kit);
  addList(key, kit);
  addRemove(key, kit);
}

function addCreate(key: Command, kit: CommandKit): void {
  withCommon(
    key
      .command("create")
      .description("create a key; it is shown this once")
      .option("--name <name>", "what it is for")
      .addOption(new Option("--role <role>", "what it may do").choices(ROLES).default("user"))
      .option("--expires <when>", "30m, 12h, 90d or a date like 2027-01-31", expiryOf),
  ).action((options: CreateOptions) =>
    kit.run(options, async (context) => {
      const { role, expires } = options;
      const body = { name: options.name ?? `${role} key`, role, expires_at: expires };
      const created = await context.client().post(KEYS, body);
      context.out.result(created, () => stringAt(created, "key") ?? "");
      context.out.progress(
        `Keep it: it is not shown again. Revoke it with: switchgear key rm ${stringAt(created, "id")}`,
      );
    }),
  );
}

function addList(key: Command, kit: CommandKit): void {
  withCommon(key.command("ls").alias("list").description("list the keys, without their secrets")).action(
    (options: CommonOptions) =>
      kit.run(options, async (context) => {
        const { out } = context;
        const items = await context.client().list(KEYS);
        const rows = items.map((one) => {
          const state = stateOf(stringAt(one, "revoked_at"), stringAt(one, "expires_at"));
          return [
            { text: stringAt(one, "id") ?? "", paint: out.paint(state === "" ? "bold" : "dim") },
            stringAt(one, "name") ?? "",
            stringAt(one, "role") ?? "",
            day(stringAt(one, "created_at")),
            day(stringAt(one, "last_used_at")),
            state === "" ? day(stringAt(one, "expires_at")) : state,
          ];
        });
        out.result({ items }, () =>
          out.table(["ID", "NAME", "ROLE", "CREATED", "LAST USED", "EXPIRES"], rows),
        );
      }),
  );
}

function addRemove(key: Command, kit: CommandKit): void {
  withCommon(key.command("rm").alias("revoke").description("revoke a key").argument("<id>", "its id")).action(
    (id: string, options: CommonOptions) =>
      kit.run(options, async (context) => {
        await context.client().remove(`${KEYS}/${encodeURIComponent(id)}`);
        context.out.result({ revoked: id }, () => `Revoked ${id}.`);
      }),
  );
}

function stateOf(revokedAt: string | undefined, expiresAt: string | undefined): string {
  if (revokedAt !== undefined) return "revoked";
  return expiresAt !== undefined && Date.parse(expiresAt) <= Date.now() ? "expired" : "";
}

function day(time: string | undefined): string {
  return time === undefined ? "–" : time.slice(0, 10);
}

function expiryOf(text: string): string {
  const days = /^(\d+)d$/.exec(text);
  const ms = days === null ? toMs(text) : Number(days[1]) * 86_400_000;
  const at = ms > 0 ? Date.now() + ms : Date.parse(text);
  if (Number.isNaN(at) || at > 8.64e15)
    throw new InvalidArgumentError("Expected 30m, 12h, 90d or a date like 2027-01-31.");
  return new Date(at).toISOString();
}
