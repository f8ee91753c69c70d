import { z } from "zod";

import type { Health } from "../../domain/health.ts";
import type { Offering } from "../../domain/offering.ts";
import { type Server, type ServerEntry, isEnabled } from "../../domain/server.ts";
import { maskArgs, maskUrl, maskValues } from "../masking.ts";
import { HealthView } from "./health-view.ts";

export const ServerView = z
  .object({
    id: z.string(),
    name: z.string(),
    version: z.number().int().meta({ description: "Also the ETag." }),
    source: z.enum(["config", "api", "builtin"]),
    type: z.enum(["stdio", "http", "sse", "http-tools"]),
    enabled: z.boolean(),
    description: z.string().optional(),
    command: z.string().optional(),
    args: z.array(z.string()).optional(),
    env: z
      .record(z.string(), z.string())
      .optional()
      .meta({ description: "`***` stands for a stored value." }),
    cwd: z.string().optional(),
    url: z.string().optional(),
    headers: z.record(z.string(), z.string()).optional(),
    disabled: z.boolean().optional(),
    gateway: z.record(z.string(), z.unknown()),
    health: HealthView,
    breaker: z
      .enum(["closed", "open", "half_open"])
      .meta({ description: "Open: calls are held back; see /api/v1/servers/{server}/breaker." }),
    counts: z.object({
      tools: z.number().int(),
      resources: z.number().int(),
      resource_templates: z.number().int(),
      prompts: z.number().int(),
    }),
    created_at: z.string(),
    updated_at: z.string(),
  })
  .meta({ id: "Server" });

export interface ServerState {
  readonly breaker: "closed" | "open" | "half_open";
  readonly health: Health;
  readonly offering: Offering | undefined;
}

export function serverView(
  server: Server,
  { breaker, health, offering }: ServerState,
): z.infer<typeof ServerView> {
  const { id, name, version, source, createdAt, updatedAt } = server;
  const entry = maskEntry(server.entry);
  return {
    id,
    name,
    version,
    source,
    ...entry,
    type: typeOf(server.entry),
    enabled: isEnabled(server),
    health: health as z.infer<typeof HealthView>,
    breaker,
    counts: countsOf(offering),
    created_at: createdAt,
    updated_at: updatedAt,
  };
}

/** `streamable-http` and its spellings are one kind. */
export function typeOf({ type }: Server["entry"]): "stdio" | "http" | "sse" | "http-tools" {
  return type === "streamable-http" || type === "streamableHttp" ? "http" : type;
}

/** Values of `env` and `headers` are write-only; so is whatever in a URL or among arguments may be a secret. */
export function maskEntry<Entry extends Server["entry"]>(entry: Entry): Entry {
  const given: Server["entry"] = entry;
  if (given.type === "http-tools") return entry;
  if (given.type === "stdio") return { ...entry, args: maskArgs(given.args), env: maskValues(given.env) };
  return { ...entry, url: maskUrl(given.url), headers: maskValues(given.headers) };
}

/** True for an entry with a reference like `${TOKEN}`, which is filled from the environment of the gateway. */
export function hasReference(entry: ServerEntry): boolean {
  const texts =
    entry.type === "stdio"
      ? [entry.command, ...entry.args, ...Object.values(entry.env), entry.cwd ?? ""]
      : [entry.url, ...Object.values(entry.headers)];
  return texts.some((text) => text.includes("${"));
}

export function countsOf(offering: Offering | undefined): z.infer<typeof ServerView>["counts"] {
  return {
    tools: offering?.tools.length ?? 0,
    resources: offering?.resources.length ?? 0,
    resource_templates: offering?.resourceTemplates.length ?? 0,
    prompts: offering?.prompts.length ?? 0,
  };
}
