/**
 * What `tools/list` shows. `full`: every tool. `search`: the meta-tools, by which all others are found and called.
 * `hybrid`: the meta-tools and a few pinned ones. `auto`: one of them, by how much there is. Whatever the list shows,
 * every tool can be called by its name.
 */
export const LIST_MODES = ["full", "search", "hybrid", "auto"] as const;
export type ListMode = (typeof LIST_MODES)[number];
/** What `auto` comes to. */
export type EffectiveMode = Exclude<ListMode, "auto">;

/** The gateway's own tools. No id of an upstream's tool is one of these: ids hold `__`. */
export const META_TOOLS = ["search_tools", "describe_tools", "call_tool", "call_read_tool"] as const;
export type MetaTool = (typeof META_TOOLS)[number];

export function isMetaTool(name: string): name is MetaTool {
  return (META_TOOLS as readonly string[]).includes(name);
}

export function isListMode(text: string): text is ListMode {
  return (LIST_MODES as readonly string[]).includes(text);
}
