import { type JsonObject, stringAt } from "../domain/json.ts";
import type { EffectiveMode } from "../domain/list-mode.ts";
import type { Offering } from "../domain/offering.ts";
import { type Era, META, VERSION_2026 } from "../domain/protocol.ts";
import type { Reader } from "../listing/listing.ts";
import type { Profiles } from "../registry/registry.ts";
import { mergedCapabilities, ownCapabilities } from "./capabilities.ts";
import { type Endpoint, covers } from "./endpoint.ts";

/** Claude Code cuts instructions at 2 KB; the first 512 characters must do alone. */
const MAX_INSTRUCTIONS = 2_048;
const FINDING = "Most tools are not listed: find them with search_tools, call them with call_tool.";

export interface GatewayInfo {
  readonly name: string;
  readonly version: string;
}

export interface IntroductionDeps {
  readonly info: GatewayInfo;
  readonly offeringOf: (server: string) => Offering | undefined;
  readonly servers: () => readonly string[];
  readonly profiles: Profiles;
  /** What the list of tools shows this reader. */
  readonly modeAt: (place: Endpoint, client: string | undefined) => EffectiveMode;
}

/** How the gateway presents itself on an endpoint: capabilities, name and instructions, for both eras. */
export class Introduction {
  readonly #deps: IntroductionDeps;

  constructor(deps: IntroductionDeps) {
    this.#deps = deps;
  }

  /** On a server's own endpoint with that server's looks. */
  serverInfo(endpoint: Endpoint): JsonObject {
    const { icons, websiteUrl } = this.#ownOffering(endpoint)?.serverInfo ?? {};
    return {
      name: this.#deps.info.name,
      title: "Switchgear",
      version: this.#deps.info.version,
      ...(icons === undefined ? {} : { icons }),
      ...(websiteUrl === undefined ? {} : { websiteUrl }),
    };
  }

  /** A server that has not been seen yet may turn out to have anything. */
  capabilities(endpoint: Endpoint, era: Era): JsonObject {
    const own = this.#ownOffering(endpoint);
    if (own !== undefined) return ownCapabilities(own.capabilities, era);
    if (endpoint.kind === "server") return mergedCapabilities([], era);
    const servers = this.#serversAt(endpoint);
    const upstreams = servers.flatMap((server) => {
      const offering = this.#deps.offeringOf(server);
      return offering === undefined ? [] : [offering.capabilities];
    });
    return mergedCapabilities(upstreams, era);
  }

  #serversAt(endpoint: Endpoint): readonly string[] {
    return this.#deps.servers().filter((server) => covers(endpoint, server));
  }

  #ownOffering(endpoint: Endpoint): Offering | undefined {
    return endpoint.kind === "server" ? this.#deps.offeringOf(endpoint.server) : undefined;
  }

  instructions(endpoint: Endpoint, client?: string): string | undefined {
    if (endpoint.kind === "server") return this.#deps.offeringOf(endpoint.server)?.instructions;
    const isShort = this.#deps.modeAt(endpoint, client) !== "full";
    const finding = isShort ? ` ${FINDING}` : "";
    const servers = this.#serversAt(endpoint);
    const names = servers.length === 0 ? "none yet" : servers.join(", ");
    const head = cut(`Switchgear is one gateway in front of ${servers.length} MCP servers: ${names}`, 300);
    const profile = endpoint.kind === "profile" ? this.#deps.profiles.find(endpoint.profile) : undefined;
    const about = profile?.description === undefined ? "" : `${cut(profile.description, 300)}\n`;
    const naming = profile?.names === "short" ? "" : " A tool is named <server>__<tool>.";
    const intro = `${about}${head}.${naming}${finding} A failed call says whether it was executed: repeat it only if it was not.`;
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
  discovery(endpoint: Endpoint, ttlMs: number, reader?: Reader): JsonObject {
    const instructions = this.instructions(endpoint, reader?.client);
    return {
      resultType: "complete",
      supportedVersions: [VERSION_2026],
      capabilities: this.capabilities(endpoint, "2026"),
      ...(instructions === undefined ? {} : { instructions }),
      ttlMs,
      cacheScope: "private",
      _meta: { [META.serverInfo]: this.serverInfo(endpoint) },
    };
  }

  /** The answer to `initialize`. */
  initialization(endpoint: Endpoint, protocolVersion: string, clientInfo: JsonObject = {}): JsonObject {
    const instructions = this.instructions(endpoint, stringAt(clientInfo, "name"));
    return {
      protocolVersion,
      capabilities: this.capabilities(endpoint, "2025"),
      serverInfo: this.serverInfo(endpoint),
      ...(instructions === undefined ? {} : { instructions }),
    };
  }
}

function cut(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, Math.max(0, length - 1))}…`;
}
