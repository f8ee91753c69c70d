export interface KeptEvent {
  readonly stream: number;
  readonly seq: number;
  /** As it goes over the wire, with its id. */
  readonly frame: Buffer;
  readonly at: number;
}

export interface EventLimits {
  readonly sessionEvents: number;
  readonly sessionEventBytes: number;
}

/** The last events of all streams of one session, for a client that comes back. The oldest go first. */
export class EventLog {
  readonly #limits: EventLimits;
  #events: KeptEvent[] = [];
  #bytes = 0;

  constructor(limits: EventLimits) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#events.length;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** False for an event that takes more than all may take together: it is not kept, and no other goes for it. */
  keep(event: KeptEvent): boolean {
    const { sessionEvents, sessionEventBytes } = this.#limits;
    if (event.frame.length > sessionEventBytes) return false;
    this.#events.push(event);
    this.#bytes += event.frame.length;
    let surplus = 0;
    while (this.#events.length - surplus > sessionEvents || this.#bytes > sessionEventBytes) {
      this.#bytes -= this.#events[surplus++]?.frame.length ?? 0;
    }
    if (surplus > 0) this.#events.splice(0, surplus);
    return true;
  }

  after(stream: number, seq: number): readonly KeptEvent[] {
    return this.#events.filter((event) => event.stream === stream && event.seq > seq);
  }

  remove(isOver: (event: KeptEvent) => boolean): void {
    this.#events = this.#events.filter((event) => !isOver(event));
    this.#bytes = this.#events.reduce((sum, { frame }) => sum + frame.length, 0);
  }
}
