import { type JsonObject, isJsonObject } from "../domain/json.ts";
import type { Offering } from "../domain/offering.ts";
import { VERSION_2026 } from "../domain/protocol.ts";
import type { Endpoint } from "./endpoint.ts";

/** Claude Code cuts instructions at 2 KB; the first 512 characters must do alone. */
const MAX_INSTRUCTIONS = 2_048;

export interface GatewayInfo {
  readonly name: string;
  readonly version: string;
}

export interface IntroductionDeps {
  readonly info: GatewayInfo;
  readonly offeringOf: (server: string) => Offering | undefined;
  readonly servers: () => readonly string[];
}

/** How the gateway presents itself on an endpoint: capabilities, name and instructions, for both eras. */
export class Introduction {
  readonly #deps: IntroductionDeps;

  constructor(deps: IntroductionDeps) {
    this.#deps = deps;
  }

  get serverInfo(): JsonObject {
    return { name: this.#deps.info.name, title: "Switchgear", version: this.#deps.info.version };
  }

  /**
   * The merged endpoint always has all lists: upstreams come and go while a client stays. A server's own endpoint
   * has what that server has, less what the gateway does not carry yet (subscriptions, logging).
   */
  capabilities(endpoint: Endpoint): JsonObject {
    const changing = { listChanged: true };
    const everything: JsonObject = {
      tools: changing,
      resources: changing,
      prompts: changing,
      completions: {},
    };
    const offering = endpoint.kind === "server" ? this.#deps.offeringOf(endpoint.server) : undefined;
    if (offering === undefined) return everything;
    return Object.fromEntries(
      Object.entries(everything).filter(([name]) => isJsonObject(offering.capabilities[name])),
    );
  }

  instructions(endpoint: Endpoint): string | undefined {
    if (endpoint.kind === "server") return this.#deps.offeringOf(endpoint.server)?.instructions;
    const servers = this.#deps.servers();
    const names = servers.length === 0 ? "none yet" : servers.join(", ");
    const head = cut(`Switchgear is one gateway in front of ${servers.length} MCP servers: ${names}`, 300);
    const intro = `${head}. A tool is named <server>__<tool>. A failed call says whether it was executed: repeat it only if it was not.`;
    const sections = servers.flatMap((server) => {
      const text = this.#deps.offeringOf(server)?.instructions?.trim();
      return text ? [{ server, text }] : [];
    });
    const room = Math.floor((MAX_INSTRUCTIONS - intro.length) / Math.max(1, sections.length));
    const parts = sections.flatMap(({ server, text }) => {
      const title = `\n\n## ${server}\n`;
      return room > title.length + 40 ? [title + cut(text, room - title.length)] : [];
    });
    return intro + parts.join("");
  }

  /** The answer to `server/discover`. */
  discovery(endpoint: Endpoint, ttlMs: number): JsonObject {
    const instructions = this.instructions(endpoint);
    return {
      resultType: "complete",
      supportedVersions: [VERSION_2026],
      capabilities: this.capabilities(endpoint),
      ...(instructions === undefined ? {} : { instructions }),
      ttlMs,
      cacheScope: "private",
      _meta: { "io.modelcontextprotocol/serverInfo": this.serverInfo },
    };
  }

  /** The answer to `initialize`. */
  initialization(endpoint: Endpoint, protocolVersion: string): JsonObject {
    const instructions = this.instructions(endpoint);
    return {
      protocolVersion,
      capabilities: this.capabilities(endpoint),
      serverInfo: this.serverInfo,
      ...(instructions === undefined ? {} : { instructions }),
    };
  }
}

function cut(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, Math.max(0, length - 1))}…`;
}
