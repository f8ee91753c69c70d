import { GatewayError } from "../domain/errors.ts";
import type { Tool } from "../domain/offering.ts";
import { MAX_SLOTS } from "./postings.ts";

/** Below this many dead slots a compaction is not worth its while. */
const MIN_DEAD = 64;
const MAX_DEAD_SHARE = 0.2;

export interface Filter {
  readonly server?: string | undefined;
  /** All of these. */
  readonly tags?: readonly string[] | undefined;
  readonly readOnly?: boolean | undefined;
  /** Asked once per tool and query; what it refuses leaves no trace in any number of the answer. */
  readonly visible?: ((tool: Tool) => boolean) | undefined;
}

/** What one query may look at: 1 for each slot that counts. Valid until the next query or change. */
export interface View {
  /** Tools that the caller may see. All statistics are taken from these alone, so that none leaks another. */
  readonly visible: Uint8Array;
  readonly visibleCount: number;
  /** Those of them that the query's own filters let through. */
  readonly candidates: Uint8Array;
  /** Every slot is visible: the length of a posting list is the number of its tools. */
  readonly complete: boolean;
}

/** Tools by slot. A slot is taken once, in rising order; a removed tool leaves a dead slot until the compaction. */
export class ToolShelf {
  #tools: (Tool | undefined)[] = [];
  #live = new Uint8Array(64);
  #visible = new Uint8Array(64);
  #candidates = new Uint8Array(64);
  #size = 0;
  readonly #servers = new Map<string, Map<string, number>>();

  get size(): number {
    return this.#size;
  }

  /** One more than the highest slot in use. */
  get end(): number {
    return this.#tools.length;
  }

  tool(slot: number): Tool | undefined {
    return this.#tools[slot];
  }

  /** The order of tools with equal scores: that of their ids. */
  precedes(slot: number, other: number): boolean {
    return (this.#tools[slot]?.id ?? "") < (this.#tools[other]?.id ?? "");
  }

  /** Tool id → slot of one server. */
  slotsOf(server: string): ReadonlyMap<string, number> {
    return this.#servers.get(server) ?? new Map<string, number>();
  }

  /** The slots of this very id, in whichever server. No id has a space, so no sentence is looked up. */
  slotsOfId(id: string): readonly number[] {
    const slots: number[] = [];
    if (id.includes(" ")) return slots;
    for (const server of this.#servers.values()) {
      const slot = server.get(id);
      if (slot !== undefined) slots.push(slot);
    }
    return slots;
  }

  add(server: string, tool: Tool): number {
    const slot = this.#tools.length;
    if (slot >= MAX_SLOTS) {
      throw new GatewayError("internal", `The search index is full: it holds at most ${MAX_SLOTS} tools.`);
    }
    if (slot >= this.#live.length) this.#grow(slot * 2);
    this.#tools.push(tool);
    this.#live[slot] = 1;
    this.#size++;
    const slots = this.#servers.get(server) ?? new Map<string, number>();
    this.#servers.set(server, slots.set(tool.id, slot));
    return slot;
  }

  /** The same tool as far as search goes, but the newer object. */
  refresh(slot: number, tool: Tool): void {
    this.#tools[slot] = tool;
  }

  remove(server: string, id: string): void {
    const slots = this.#servers.get(server);
    const slot = slots?.get(id);
    if (slots === undefined || slot === undefined) return;
    slots.delete(id);
    if (slots.size === 0) this.#servers.delete(server);
    this.#tools[slot] = undefined;
    this.#live[slot] = 0;
    this.#size--;
  }

  view(filter: Filter): View {
    const complete = filter.visible === undefined && this.#size === this.#tools.length;
    const visible = filter.visible === undefined ? this.#live : this.#maskVisible(filter.visible);
    const visibleCount = filter.visible === undefined ? this.#size : count(visible, this.#tools.length);
    const candidates = isOpen(filter) ? visible : this.#maskCandidates(visible, filter);
    return { visible, visibleCount, candidates, complete };
  }

  /** Closes the gaps once there are many. Gives old slot → new slot (or -1), or nothing if all stays. */
  compact(): Int32Array | undefined {
    const dead = this.#tools.length - this.#size;
    if (dead < MIN_DEAD || dead < this.#tools.length * MAX_DEAD_SHARE) return undefined;
    const moved = new Int32Array(this.#tools.length).fill(-1);
    const kept: Tool[] = [];
    this.#tools.forEach((tool, slot) => {
      if (tool === undefined) return;
      moved[slot] = kept.length;
      kept.push(tool);
    });
    for (const slots of this.#servers.values()) {
      for (const [id, slot] of slots) slots.set(id, moved[slot] ?? -1);
    }
    this.#tools = kept;
    this.#live.fill(0).fill(1, 0, kept.length);
    return moved;
  }

  #maskVisible(visible: (tool: Tool) => boolean): Uint8Array {
    const mask = this.#visible;
    for (let slot = 0; slot < this.#tools.length; slot++) {
      const tool = this.#tools[slot];
      mask[slot] = tool !== undefined && visible(tool) ? 1 : 0;
    }
    return mask;
  }

  #maskCandidates(visible: Uint8Array, filter: Filter): Uint8Array {
    const mask = this.#candidates;
    for (let slot = 0; slot < this.#tools.length; slot++) {
      const tool = this.#tools[slot];
      mask[slot] = tool !== undefined && visible[slot] === 1 && passes(tool, filter) ? 1 : 0;
    }
    return mask;
  }

  #grow(capacity: number): void {
    const live = new Uint8Array(capacity);
    live.set(this.#live);
    this.#live = live;
    this.#visible = new Uint8Array(capacity);
    this.#candidates = new Uint8Array(capacity);
  }
}

function isOpen(filter: Filter): boolean {
  return filter.server === undefined && (filter.tags ?? []).length === 0 && filter.readOnly === undefined;
}

function passes(tool: Tool, filter: Filter): boolean {
  if (filter.server !== undefined && tool.server !== filter.server) return false;
  if (filter.readOnly !== undefined && tool.readOnly !== filter.readOnly) return false;
  return (filter.tags ?? []).every((tag) => tool.tags.includes(tag));
}

function count(mask: Uint8Array, end: number): number {
  let total = 0;
  for (let slot = 0; slot < end; slot++) total += mask[slot] ?? 0;
  return total;
}
