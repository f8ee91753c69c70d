import type { Offering } from "../domain/offering.ts";
import type { Server } from "../domain/server.ts";
import { type CatalogPart, isSameJson } from "./catalog-part.ts";

export interface ListChange {
  readonly server: string;
  readonly tools: boolean;
  readonly resources: boolean;
  readonly prompts: boolean;
}

export const NO_LISTS = { tools: false, resources: false, prompts: false } as const;

interface ServerChange {
  readonly kind: "server-added" | "server-changed" | "server-removed";
  readonly server: string;
}

/** What became of the visible servers, by name. */
export function changesOf(before: readonly Server[], after: readonly Server[]): readonly ServerChange[] {
  if (before === after) return [];
  const old = new Map(before.map((server) => [server.name, server]));
  const changes: ServerChange[] = [];
  for (const { name, id, version } of after) {
    const known = old.get(name);
    old.delete(name);
    if (known === undefined) changes.push({ kind: "server-added", server: name });
    else if (known.id !== id || known.version !== version)
      changes.push({ kind: "server-changed", server: name });
  }
  return [...changes, ...[...old.keys()].map((server) => ({ kind: "server-removed", server }) as const)];
}

/** Which lists of a server a caller would see change; nothing when none. An absent part lists nothing. */
export function differentLists(
  before: CatalogPart | undefined,
  after: CatalogPart | undefined,
): Omit<ListChange, "server"> | undefined {
  const differs = (list: "tools" | "prompts" | "resources" | "templates"): boolean =>
    before?.[list] !== after?.[list] && sizeOf(before, list) + sizeOf(after, list) > 0;
  const change = {
    tools: differs("tools"),
    resources: differs("resources") || differs("templates"),
    prompts: differs("prompts"),
  };
  return change.tools || change.resources || change.prompts ? change : undefined;
}

function sizeOf(
  part: CatalogPart | undefined,
  list: "tools" | "prompts" | "resources" | "templates",
): number {
  return part?.[list].size ?? 0;
}

/** Whether two offerings hold the same, in whatever order. The order of keys inside a definition counts. */
export function isSameOffering(a: Offering, b: Offering): boolean {
  return isSameJson(aboutUpstream(a), aboutUpstream(b)) && listsInOrder(a) === listsInOrder(b);
}

/** What an upstream says of itself, without its lists. */
export function aboutUpstream(offering: Offering): object {
  const { tools: _, resources: _2, resourceTemplates: _3, prompts: _4, ...about } = offering;
  return about;
}

function listsInOrder({ tools, resources, resourceTemplates, prompts }: Offering): string {
  const lists = [tools, resources, resourceTemplates, prompts];
  return lists
    .map((list) =>
      list
        .map((definition) => JSON.stringify(definition))
        .sort()
        .join("\n"),
    )
    .join("\n\n");
}

/** Whether both definitions lead to the same program or address, however it is called and with whatever secrets. */
export function isSameUpstream(a: Server["entry"], b: Server["entry"]): boolean {
  return addressOf(a) === addressOf(b);
}

function addressOf(entry: Server["entry"]): string {
  switch (entry.type) {
    case "stdio":
      return JSON.stringify([entry.command, entry.args, entry.cwd]);
    case "http-tools":
      return entry.type;
    default:
      return entry.url;
  }
}
