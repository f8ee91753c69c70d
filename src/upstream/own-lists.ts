import { isDeepStrictEqual } from "node:util";

import type { Limits } from "../domain/limits.ts";
import type { Offering } from "../domain/offering.ts";
import type { Era } from "../domain/protocol.ts";
import { type Finding, type List, exploreConnection, readList } from "./explore.ts";
import type { ListName } from "./list-changes.ts";
import type { AnyConnection, Slot } from "./slot.ts";
import { type OwnList, addsTo, unite } from "./united-lists.ts";
import { pause } from "./wait.ts";

/** A change of one list may be one of two. */
const PARTS: Readonly<Record<ListName, readonly List[]>> = {
  tools: ["tools"],
  prompts: ["prompts"],
  resources: ["resources", "resourceTemplates"],
};
/** An exploration does not wait longer for a process that is busy with something else. */
const PATIENCE_MS = 3_000;
/** Connections that are read at the same time: an upstream may tell hundreds of sessions of one change. */
const LANES = 8;

/** A change that a connection of one scope has reported. */
interface Mark {
  readonly slot: Slot;
  readonly list: ListName;
  /** When it was reported last, in the order of all reports. */
  turn: number;
  /** The last report that was followed by a reading. */
  readTurn: number;
  era: Era;
  /** Empty before the first reading. */
  found: ReadonlyMap<List, Finding>;
}

interface OwnListsDeps {
  readonly server: string;
  readonly limits: Limits;
  readonly onListChanged: (list: ListName) => void;
  readonly patienceMs?: number;
}

/**
 * The lists of one upstream. The shared connection has them, and so have connections of one scope that reported a change:
 * a server may reveal tools to the process or the session that it happened in, and to no other. What one of them has is
 * listed for all. Whoever calls it elsewhere hears what his own process says of it, as he would without a gateway.
 */
export class OwnLists {
  readonly #deps: OwnListsDeps;
  readonly #marks = new Map<Slot, Map<ListName, Mark>>();
  readonly #latest = new Map<ListName, number>();
  #turns = 0;
  #reading: Promise<void> | undefined;
  /** Somebody did not wait for the end of this reading. */
  #isLate = false;

  constructor(deps: OwnListsDeps) {
    this.#deps = deps;
  }

  /** A connection says so: that of a scope, if its place is given, or a shared one. */
  changed(list: ListName, slot?: Slot): void {
    const turn = ++this.#turns;
    this.#latest.set(list, turn);
    if (slot !== undefined) this.#mark(slot, list, turn);
    this.#deps.onListChanged(list);
  }

  /** The connection of a scope has ended: what only that one had goes. */
  ended(slot: Slot): void {
    const marks = this.#marks.get(slot);
    if (marks === undefined) return;
    this.#marks.delete(slot);
    for (const list of marks.keys()) this.#deps.onListChanged(list);
  }

  /** All that the upstream offers to anybody; trouble with connections of scopes is none. Rejects as `exploreConnection` does. */
  async explore(
    connection: AnyConnection,
    options: { readonly eras: readonly Era[]; readonly signal: AbortSignal },
  ): Promise<Offering> {
    const { server, limits } = this.#deps;
    const [offering] = await Promise.all([
      exploreConnection(connection, { server, limits, ...options }),
      this.#marks.size === 0 ? undefined : this.#readInTime(),
    ]);
    return this.#marks.size === 0 ? offering : this.#unite(offering, connection.era);
  }

  get #all(): readonly Mark[] {
    return [...this.#marks.values()].flatMap((marks) => [...marks.values()]);
  }

  #mark(slot: Slot, list: ListName, turn: number): void {
    const marks = this.#marks.get(slot) ?? new Map<ListName, Mark>();
    this.#marks.set(slot, marks);
    const known = marks.get(list);
    if (known === undefined)
      marks.set(list, { slot, list, turn, readTurn: 0, era: "2025", found: new Map() });
    else known.turn = turn;
  }

  #unite(offering: Offering, era: Era): Offering {
    const latestFirst = [...this.#all].sort((a, b) => b.turn - a.turn);
    const adding = latestFirst.filter((mark) => addsTo(offering, era, this.#ownOf(mark)));
    // One that lists the same as the shared connection need not be read again before it reports something else.
    for (const mark of latestFirst)
      if (mark.found.size > 0 && mark.turn === mark.readTurn && !adding.includes(mark)) this.#unmark(mark);
    const own = adding.map((mark) => this.#ownOf(mark));
    return own.length === 0 ? offering : unite(offering, era, own, this.#deps.limits);
  }

  #ownOf({ list, turn, era, found }: Mark): OwnList {
    return { era, found, isLatest: this.#latest.get(list) === turn };
  }

  #unmark({ slot, list }: Mark): void {
    const marks = this.#marks.get(slot);
    marks?.delete(list);
    if (marks?.size === 0) this.#marks.delete(slot);
  }

  /** Of those who do not answer in time counts what they had last. */
  async #readInTime(): Promise<void> {
    this.#reading ??= this.#readAll();
    const waiting = new AbortController();
    const isOver = await Promise.race([
      this.#reading.then(() => true),
      pause(this.#deps.patienceMs ?? PATIENCE_MS, waiting.signal).then(() => false),
    ]);
    waiting.abort();
    if (!isOver) this.#isLate = true;
  }

  /** Never rejects. */
  async #readAll(): Promise<void> {
    this.#isLate = false;
    const changed = new Set<ListName>();
    const queue = this.#all.values();
    const lane = async (): Promise<void> => {
      for (const mark of queue) if (await this.#read(mark)) changed.add(mark.list);
    };
    await Promise.all(Array.from({ length: LANES }, lane));
    this.#reading = undefined;
    if (!this.#isLate) changed.clear();
    // Whoever has shared this reading may have come because of a later report.
    for (const { slot, list, turn, readTurn } of this.#all)
      if (slot.connection !== undefined && turn !== readTurn) changed.add(list);
    for (const list of changed) this.#deps.onListChanged(list);
  }

  /** Whether it lists something else than before. */
  async #read(mark: Mark): Promise<boolean> {
    const { connection } = mark.slot;
    if (connection === undefined) {
      if (!mark.slot.connecting) this.#unmark(mark);
      return false;
    }
    const { server, limits } = this.#deps;
    const { turn, found } = mark;
    try {
      const options = { server, limits, signal: AbortSignal.timeout(limits.callMs) };
      const lists = PARTS[mark.list].map(
        async (list) => [list, await readList(connection, list, options)] as const,
      );
      mark.found = new Map(await Promise.all(lists));
      mark.era = connection.era;
    } catch {
      // What it listed last still counts.
    }
    mark.readTurn = turn;
    return !isDeepStrictEqual(mark.found, found);
  }
}
