import type { Tool } from "../domain/offering.ts";

/** Names of tools that stand for a server which nobody has described. */
const NAMED_TOOLS = 6;
const MAX_NAME = 40;
const SHORTEST_NOTE = 24;
/** Not shown by any client, or shown as something else than it is. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Co}\p{Cn}]+/gu;

export interface NotedServer {
  readonly name: string;
  /** The operator's words. What an upstream says of itself is not believed: a model would read it as ours. */
  readonly description: string | undefined;
  readonly tools: readonly Tool[];
}

/** One line for each server: how many tools it has, and what they do, in at most `room` characters altogether. */
export function serverNotes(servers: readonly NotedServer[], room: number): string {
  const heads = servers.map(({ name, tools }) => `- ${name} (${counted(tools.length, "tool")})`);
  const shown = fitting(heads, room);
  const share = Math.floor((room - shown.length) / Math.max(1, shown.count));
  const lines = servers.slice(0, shown.count).map((server, at) => {
    const note = share < SHORTEST_NOTE ? "" : oneLine(noteOf(server), share - 2);
    return note === "" ? heads[at] : `${heads[at]}: ${note}`;
  });
  const rest = servers.length - shown.count;
  return [...lines, ...(rest === 0 ? [] : [`- and ${counted(rest, "more server")}`])].join("\n");
}

/** How many heads fit whole, with room for the line that counts the others. */
function fitting(
  heads: readonly string[],
  room: number,
): { readonly count: number; readonly length: number } {
  let length = SHORTEST_NOTE;
  let count = 0;
  for (const head of heads) {
    if (length + head.length + 1 > room) break;
    length += head.length + 1;
    count++;
  }
  return { count, length };
}

function noteOf({ description, tools }: NotedServer): string {
  if (description !== undefined && description.trim() !== "") return description;
  const names = tools
    .slice(0, NAMED_TOOLS)
    .map(({ name }) => name.replaceAll(/[^\w.-]/g, "_").slice(0, MAX_NAME));
  return names.join(", ") + (tools.length > NAMED_TOOLS ? ", …" : "");
}

/** Without what cannot be seen, and cut. */
export function oneLine(text: string, length: number): string {
  const line = text.replaceAll(/\s+/g, " ").replaceAll(UNSEEN, "").trim();
  return line.length <= length ? line : `${line.slice(0, Math.max(0, length - 1)).trimEnd()}…`;
}

export function counted(count: number, noun: string): string {
  return `${count.toLocaleString("en")} ${noun}${count === 1 ? "" : "s"}`;
}
