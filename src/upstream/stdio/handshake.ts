import { type JsonObject, isJsonObject, stringAt } from "../../domain/json.ts";
import { type Era, META, VERSIONS_OF_2025, VERSION_2026 } from "../../domain/protocol.ts";
import { UpstreamError } from "../../domain/upstream-errors.ts";
import { encodeNotification, encodeRequest } from "../../wire/message.ts";
import type { Reply } from "../../wire/reply.ts";
import { type ClientInfo, initializeParams, ownEnvelope } from "../client-params.ts";
import type { ClientSelf, EraSetting } from "../connection.ts";
import { ASSUMED } from "../http/discover.ts";
import type { EraMemory } from "../http/era-memory.ts";
import type { Channel } from "./channel.ts";

/** What a child has said of itself. */
export interface Introduction {
  readonly era: Era;
  readonly capabilities: JsonObject;
  readonly serverInfo: JsonObject;
  readonly instructions: string | undefined;
}

export interface HandshakePlan {
  readonly server: string;
  readonly clientInfo: ClientInfo;
  readonly client: ClientSelf;
  readonly era: EraSetting;
  readonly wanted: Era;
  readonly eras: EraMemory;
  /** Of this program in `eras`. */
  readonly key: string;
  /** How long a child is waited for that may never have heard of `server/discover`. */
  readonly silenceMs?: number | undefined;
}

/** Versions that were never a release of their own but are spoken in the field. */
const ACCEPTED_2025: readonly string[] = [...VERSIONS_OF_2025, "2024-10-07"];
const SILENCE_MS = 3_000;
const OTHER: Readonly<Record<Era, Era>> = { "2025": "2026", "2026": "2025" };

/**
 * Finds out the era with one child: asks in the wanted one first, and on the same channel in the other when that is
 * refused. A child of both eras is spoken to in the first one that it is addressed in, so the order matters. Only what a
 * living child has answered is learned.
 */
export function introduce(channel: Channel, plan: HandshakePlan): Promise<Introduction> {
  return new Handshake(channel, plan).run();
}

class Handshake {
  readonly #channel: Channel;
  readonly #plan: HandshakePlan;

  constructor(channel: Channel, plan: HandshakePlan) {
    this.#channel = channel;
    this.#plan = plan;
  }

  async run(): Promise<Introduction> {
    const introduction = await this.#introduction();
    this.#channel.era = introduction.era;
    return introduction;
  }

  #introduction(): Promise<Introduction> | Introduction {
    const { era, wanted, eras, key } = this.#plan;
    if (era === "assume-2026") return { era: "2026", ...ASSUMED };
    if (era !== "auto") return this.#only(era);
    const first = eras.speaks(key, wanted) === false ? OTHER[wanted] : wanted;
    return first === "2025" ? this.#initializeFirst() : this.#discoverFirst();
  }

  async #only(era: Era): Promise<Introduction> {
    const reply = await (era === "2025" ? this.#initialize() : this.#discover(this.#channel.nextId()));
    const introduction = era === "2025" ? this.#readInitialize(reply) : readDiscover(reply);
    if (introduction !== undefined) return introduction;
    const { server } = this.#plan;
    throw reply.kind === "error"
      ? refused(server, era === "2025" ? "initialize" : "server/discover", reply.value)
      : incompatible(server, versionsIn(reply), [VERSION_2026]);
  }

  async #initializeFirst(): Promise<Introduction> {
    const answer = await this.#initialize();
    const legacy = this.#readInitialize(answer);
    if (legacy !== undefined) return this.#learned(legacy);
    return this.#modern(await this.#discover(this.#channel.nextId()), answer);
  }

  async #discoverFirst(): Promise<Introduction> {
    const { eras, key, silenceMs = SILENCE_MS } = this.#plan;
    const id = this.#channel.nextId();
    let discovered: Reply | undefined;
    const discovering = this.#discover(id).then((reply) => (discovered = reply));
    const answer = await (eras.speaks(key, "2026") === true ? discovering : within(discovering, silenceMs));
    const modern = answer && readDiscover(answer);
    if (modern !== undefined) return this.#learned(modern);
    const initialized = await this.#initialize();
    this.#channel.forget(id);
    const legacy = this.#readInitialize(initialized);
    if (legacy === undefined) return this.#modern(discovered, initialized);
    // It is alive, and has left the first message unanswered for the second one.
    eras.learn(key, "2026", false);
    return this.#learned(legacy);
  }

  /** For a child that has refused `initialize`. */
  #modern(discovered: Reply | undefined, refusal: Reply): Introduction {
    const { server, eras, key } = this.#plan;
    const introduction = discovered && readDiscover(discovered);
    if (introduction !== undefined) {
      eras.learn(key, "2025", false);
      return this.#learned(introduction);
    }
    // Nothing of what is remembered may be true any more.
    eras.forget(key);
    throw discovered?.kind === "result"
      ? incompatible(server, versionsIn(discovered), [VERSION_2026])
      : refused(server, "initialize", refusal.value);
  }

  #learned(introduction: Introduction): Introduction {
    this.#plan.eras.learn(this.#plan.key, introduction.era, true);
    return introduction;
  }

  #initialize(): Promise<Reply> {
    const { clientInfo, client } = this.#plan;
    return this.#ask(this.#channel.nextId(), "initialize", initializeParams(clientInfo, client));
  }

  #discover(id: number): Promise<Reply> {
    const { clientInfo, client } = this.#plan;
    return this.#ask(id, "server/discover", { _meta: ownEnvelope(clientInfo, client) });
  }

  /** Given up by ending the channel, never by a cancellation: `initialize` must not be cancelled. */
  #ask(id: number, method: string, params: JsonObject): Promise<Reply> {
    const { signal } = new AbortController();
    return this.#channel.request(id, encodeRequest(id, method, params), { signal });
  }

  /** Nothing for a refusal. */
  #readInitialize({ kind, value }: Reply): Introduction | undefined {
    if (kind === "error") return undefined;
    const version = stringAt(value, "protocolVersion");
    if (version === undefined || !ACCEPTED_2025.includes(version)) {
      throw incompatible(this.#plan.server, version === undefined ? [] : [version], ACCEPTED_2025);
    }
    this.#channel.post(encodeNotification("notifications/initialized", {}));
    return {
      era: "2025",
      capabilities: objectAt(value, "capabilities"),
      serverInfo: objectAt(value, "serverInfo"),
      instructions: stringAt(value, "instructions"),
    };
  }
}

/** Nothing for a refusal, and for a child that offers other versions only. */
function readDiscover(reply: Reply): Introduction | undefined {
  if (reply.kind === "error" || !versionsIn(reply).includes(VERSION_2026)) return undefined;
  const { value } = reply;
  return {
    era: "2026",
    capabilities: objectAt(value, "capabilities"),
    serverInfo: objectAt(objectAt(value, "_meta"), META.serverInfo),
    instructions: stringAt(value, "instructions"),
  };
}

function versionsIn({ value }: Reply): readonly string[] {
  const { supportedVersions } = value;
  return Array.isArray(supportedVersions) ? supportedVersions.map(String) : [];
}

/** Nothing when it takes longer. */
async function within<T>(work: Promise<T>, ms: number): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => (timer = setTimeout(resolve, ms, undefined)));
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

function objectAt(object: JsonObject, key: string): JsonObject {
  const value = object[key];
  return isJsonObject(value) ? value : {};
}

function refused(server: string, method: string, error: JsonObject): UpstreamError {
  return new UpstreamError(
    "upstream_protocol_error",
    server,
    "not_sent",
    `Upstream "${server}" refused the MCP handshake (${method}).`,
    {
      details: {
        rpc_code: error["code"] ?? null,
        rpc_message: (stringAt(error, "message") ?? "").slice(0, 500),
      },
      fix: [{ label: 'See whether the program is an MCP server, and whether "args" start it as one' }],
    },
  );
}

function incompatible(server: string, theirs: readonly string[], ours: readonly string[]): UpstreamError {
  return new UpstreamError(
    "upstream_protocol_error",
    server,
    "not_sent",
    `Upstream "${server}" speaks no version of MCP that the gateway knows.`,
    {
      details: { offered: theirs.slice(0, 16), supported: ours },
      fix: [{ label: "Update the upstream server, or Switchgear" }],
    },
  );
}
