import { allows, neededRole } from "../auth/auth.ts";
import type { Fix } from "../domain/errors.ts";
import { matchesAny } from "../domain/glob.ts";
import { type Health, isDown } from "../domain/health.ts";
import type { Identity } from "../domain/identity.ts";
import { type JsonObject, isJsonObject, stringAt } from "../domain/json.ts";
import type { Profile } from "../domain/profile.ts";
import { type Server, isEnabled } from "../domain/server.ts";

/** One thing that has to be so. */
export interface Check {
  readonly check:
    | "known"
    | "server"
    | "definition"
    | "server_filter"
    | "profile"
    | "role"
    | "upstream"
    | "schema"
    | "listed";
  readonly passed: boolean;
  /** Stable. */
  readonly code: string;
  readonly summary: string;
  readonly since?: string;
  readonly fix?: Fix;
}

/** A tool that was found anywhere: in the catalog, or in what a server offers and the catalog leaves out. */
export interface Found {
  readonly server: Server;
  /** The server's own name for it. */
  readonly name: string;
  readonly id: string;
  readonly definition: JsonObject | undefined;
  /** Why its definition is left out. */
  readonly quarantine: string | undefined;
}

export interface Circumstances {
  readonly identity: Identity;
  /** Of a profile's endpoint. */
  readonly profile: { readonly name: string; readonly profile: Profile } | undefined;
  readonly health: Health;
  readonly isListed: boolean;
}

const DRAFT_2020 = /^https?:\/\/json-schema\.org\/draft\/2020-12\/schema#?$/;

/** In the order in which they keep a caller from the tool. */
export function checksOf(found: Found, around: Circumstances): readonly Check[] {
  return [
    pass("known", "known", `It is "${found.name}" of the server "${found.server.name}".`),
    serverCheck(found),
    definitionCheck(found),
    filterCheck(found),
    ...profileCheck(found, around),
    roleCheck(around),
    upstreamCheck(found, around.health),
    schemaCheck(found, around),
    listedCheck(around),
  ];
}

/** Of the upstream alone, for a tool that nobody has seen yet. */
export function upstreamCheck({ server }: Pick<Found, "server">, health: Health): Check {
  const { code, summary, since, level } = health;
  const fix = health.action === undefined ? {} : { fix: health.action };
  if (!isEnabled(server))
    return pass("upstream", "not_asked", `"${server.name}" is switched off and is not asked.`);
  if (isDown(health)) return { check: "upstream", passed: false, code, summary, since, ...fix };
  return { check: "upstream", passed: true, code: level === "degraded" ? "degraded" : code, summary, since };
}

function serverCheck({ server }: Found): Check {
  if (isEnabled(server)) return pass("server", "enabled", `The server "${server.name}" is switched on.`);
  const label =
    server.source === "config"
      ? `Take "disabled" out of mcpServers.${server.name} in the config file`
      : `Switch it on: PATCH /api/v1/servers/${server.name}`;
  return fail("server", "server_disabled", `The server "${server.name}" is switched off.`, { label });
}

function definitionCheck({ quarantine }: Found): Check {
  if (quarantine === undefined) return pass("definition", "well_formed", "Its definition is well-formed.");
  const label = "Correct the definition in the upstream";
  return fail("definition", "quarantined", `Its definition is left out: ${quarantine}.`, { label });
}

function filterCheck({ server, name }: Found): Check {
  const { allow, deny = [] } = server.entry.gateway.tools;
  const place = `the settings of the server (gateway.tools)`;
  if (matchesAny(deny, name))
    return fail("server_filter", "denied_by_server", `It is denied by ${place}.`, {
      label: "Take it out of gateway.tools.deny",
    });
  if (allow !== undefined && !matchesAny(allow, name))
    return fail("server_filter", "denied_by_server", `It is not among the tools that ${place} allow.`, {
      label: "Add it to gateway.tools.allow",
    });
  return pass("server_filter", "allowed_by_server", "The server's settings let it through.");
}

function profileCheck(found: Found, { profile: at }: Circumstances): readonly Check[] {
  if (at === undefined) return [];
  if (selects(at.profile, found))
    return [pass("profile", "in_profile", `The profile "${at.name}" selects it.`)];
  const label = `Change profiles.${at.name} in the config file, or use another endpoint`;
  return [fail("profile", "not_in_profile", `The profile "${at.name}" does not select it.`, { label })];
}

function selects({ servers, tools = {} }: Profile, { server, id, name }: Found): boolean {
  const { allow, deny = [] } = tools;
  const isNamed = (globs: readonly string[]): boolean => matchesAny(globs, id) || matchesAny(globs, name);
  if (servers !== undefined && !servers.includes(server.name)) return false;
  return (allow === undefined || isNamed(allow)) && !isNamed(deny);
}

function roleCheck({ identity }: Circumstances): Check {
  const needed = neededRole("tool:call");
  if (allows(identity, "tool:call"))
    return pass("role", "role_suffices", `The role "${identity.role}" may call tools.`);
  const summary = `The role "${identity.role}" may see tools, but not call them: "${needed}" is needed.`;
  const fix = { label: "Use a key of that role", command: `switchgear key create --role ${needed}` };
  return fail("role", "role_too_low", summary, fix);
}

/** Only says in which words the caller finds the schema: none keeps a tool from being called. */
function schemaCheck({ definition }: Found, { profile: at }: Circumstances): Check {
  const dialect = at?.profile.schema ?? "full";
  if (dialect !== "full")
    return pass("schema", "schema_rewritten", `Its schema is shown in the dialect "${dialect}".`);
  const schema = definition?.["inputSchema"];
  const named = isJsonObject(schema) ? stringAt(schema, "$schema") : undefined;
  if (named === undefined || DRAFT_2020.test(named))
    return pass("schema", "schema_verbatim", "Its schema is shown as the upstream wrote it.");
  const summary = `Its schema is shown as the upstream wrote it, in ${named.slice(0, 200)}; not every client reads that.`;
  return pass("schema", "schema_other_draft", summary);
}

function listedCheck({ isListed }: Circumstances): Check {
  if (isListed) return pass("listed", "listed", "tools/list shows it.");
  const summary = "tools/list does not show it in this mode; it can be found with search_tools, and called.";
  const label = "Pin it (gateway.pinned, or pinned of the profile), or set the mode to full";
  return fail("listed", "hidden_by_mode", summary, { label });
}

function pass(check: Check["check"], code: string, summary: string): Check {
  return { check, passed: true, code, summary };
}

function fail(check: Check["check"], code: string, summary: string, fix: Fix): Check {
  return { check, passed: false, code, summary, fix };
}
