import type { Identity } from "../domain/identity.ts";
import type { JsonObject } from "../domain/json.ts";
import { VERSION_2025, type RequestId } from "../domain/protocol.ts";
import type { Unsubscribe } from "../events/events.ts";
import type { ClientSelf } from "../upstream/upstream.ts";
import type { Endpoint } from "./endpoint.ts";
import { fitsEventId } from "./event-id.ts";
import { InFlight } from "./in-flight.ts";
import { SessionStreams, type StreamLimits } from "./session-streams.ts";

export interface SessionState {
  readonly logLevel: string | undefined;
  /** Public URIs of the resources that the client follows. */
  readonly subscriptions: ReadonlySet<string>;
}

/** What a session is from its beginning to its end. */
export interface SessionFacts {
  readonly id: string;
  readonly endpoint: Endpoint;
  /** Bound to who opened it: the id alone lets nobody in. */
  readonly principal: string;
  readonly protocolVersion: string;
  readonly capabilities: JsonObject;
  readonly clientInfo: JsonObject;
}

export function principalOf(identity: Pick<Identity, "tenant" | "subject">): string {
  return `${identity.tenant}/${identity.subject}`;
}

/** One client of the 2025 era between `initialize` and its end, as long as this process holds it in memory. */
export class Session implements SessionFacts {
  readonly id: string;
  readonly endpoint: Endpoint;
  readonly principal: string;
  readonly protocolVersion: string;
  readonly capabilities: JsonObject;
  readonly clientInfo: JsonObject;
  readonly inFlight = new InFlight();
  lastSeen: number;
  /** The last use that storage knows of. */
  lastNoted: number;
  /** Ends the news that are carried to this session. */
  stopNews: Unsubscribe | undefined;
  readonly #limits: StreamLimits;
  #state: SessionState;
  #envelope: ClientSelf | undefined;
  #streams: SessionStreams | undefined;
  #writes: Promise<unknown> = Promise.resolve();

  constructor(facts: SessionFacts, state: SessionState, deps: { limits: StreamLimits; now: number }) {
    this.id = facts.id;
    this.endpoint = facts.endpoint;
    this.principal = facts.principal;
    this.protocolVersion = facts.protocolVersion;
    this.capabilities = facts.capabilities;
    this.clientInfo = facts.clientInfo;
    this.lastSeen = this.lastNoted = deps.now;
    this.#limits = deps.limits;
    this.#state = state;
    this.#envelope = envelopeOf(this, state.logLevel);
  }

  /** What upstreams are told of this client; nothing when it can do nothing and has set no log level. */
  get envelope(): ClientSelf | undefined {
    return this.#envelope;
  }

  get logLevel(): string | undefined {
    return this.#state.logLevel;
  }

  get subscriptions(): ReadonlySet<string> {
    return this.#state.subscriptions;
  }

  get state(): SessionState {
    return this.#state;
  }

  /** Only the table of sessions does this: what is not stored is lost in a restart. */
  become(state: SessionState): void {
    this.#state = state;
    this.#envelope = envelopeOf(this, state.logLevel);
  }

  /** True when somebody waits for something: it must not go. */
  get isInUse(): boolean {
    return this.inFlight.size > 0 || this.#streams?.news.attached === true;
  }

  /** Its client comes back for a stream that is closed before the answer. */
  get polls(): boolean {
    return this.protocolVersion >= VERSION_2025;
  }

  /** Whether the stream of this request can be taken up again. */
  canResume(request: RequestId): boolean {
    return this.protocolVersion >= "2025-03-26" && fitsEventId(request);
  }

  get streams(): SessionStreams {
    this.#streams ??= new SessionStreams(this, this.#limits);
    return this.#streams;
  }

  /** A message that belongs to no request: on the GET stream, and kept within bounds until one is open. */
  send(message: string | Buffer): void {
    this.streams.news.write(message);
  }

  /** Forgets events that nobody will come back for. */
  purge(now: number): void {
    this.#streams?.purge(now);
  }

  /** One write after the other: the last one stands. */
  inTurn<T>(write: () => Promise<T>): Promise<T> {
    const turn = this.#writes.then(write);
    this.#writes = turn.catch(() => {});
    return turn;
  }

  /** The gateway stops, or needs the room: the client goes on with this session later, and may come back for its streams. */
  leave(): void {
    this.#streams?.disconnect();
    this.end();
  }

  /** For good. */
  end(): void {
    this.stopNews?.();
    this.inFlight.cancelAll();
    this.#streams?.close();
  }
}

function envelopeOf(
  { capabilities, clientInfo }: SessionFacts,
  logLevel: string | undefined,
): ClientSelf | undefined {
  if (logLevel === undefined && Object.keys(capabilities).length === 0) return undefined;
  return { capabilities, clientInfo, logLevel };
}
