import { allows } from "../auth/auth.ts";
import type { Health } from "../domain/health.ts";
import type { Identity } from "../domain/identity.ts";
import { stringAt } from "../domain/json.ts";
import type { Offering, Tool } from "../domain/offering.ts";
import { type Server, isEnabled } from "../domain/server.ts";
import { type Profiles, toolId } from "../registry/registry.ts";
import { type Check, type Found, checksOf, upstreamCheck } from "./explanation-checks.ts";
import type { Place, ShownTools } from "./shown-tools.ts";

/** Why somebody does or does not see a tool, and may or may not call it. */
export interface Explanation {
  /** As it was asked for. */
  readonly tool: string;
  readonly id?: string;
  readonly server?: string;
  /** It exists for the caller. */
  readonly visible: boolean;
  /** `tools/list` shows it. */
  readonly listed: boolean;
  readonly callable: boolean;
  /** The code of the first check that keeps it from being called, or `ok`. */
  readonly reason: string;
  readonly checks: readonly Check[];
  /** Of a tool that does not exist: names of those that are like it. */
  readonly nearest: readonly string[];
}

/** Who asks, from where. */
export interface Viewpoint {
  readonly identity: Identity;
  readonly place: Place;
  /** The name of the client, on which its list may depend. */
  readonly client?: string | undefined;
}

export interface ExplainerDeps {
  readonly listing: {
    at(place: Place): ShownTools;
    lists(place: Place, client: string | undefined, tool: Tool): boolean;
  };
  readonly profiles: Pick<Profiles, "find">;
  readonly registry: {
    servers(): readonly Server[];
    offering(server: string): Offering | undefined;
  };
  readonly healthOf: (server: string) => Health;
  /** Tools that read like these words, of those that are visible. */
  readonly similar: (words: string, visible: (tool: Tool) => boolean) => readonly Tool[];
}

/** If one of these fails, the tool does not exist for the caller; else it can only not be called. */
const OF_EXISTENCE: ReadonlySet<Check["check"]> = new Set([
  "known",
  "server",
  "definition",
  "server_filter",
  "profile",
]);
/** What an operator has hidden is unknown to those who are none. */
const HIDING: ReadonlySet<Check["check"]> = new Set(["server", "server_filter", "profile"]);

export class Explainer {
  readonly #deps: ExplainerDeps;

  constructor(deps: ExplainerDeps) {
    this.#deps = deps;
  }

  /** As far as the caller may know. */
  explain(tool: string, viewpoint: Viewpoint): Explanation {
    return allows(viewpoint.identity, "server:write")
      ? this.truth(tool, viewpoint)
      : this.asSeen(tool, viewpoint);
  }

  /** As it is for those who use tools: what is hidden from them is like what never was. */
  asSeen(tool: string, viewpoint: Viewpoint): Explanation {
    const truth = this.truth(tool, viewpoint);
    const isHidden = truth.checks.some(({ check, passed }) => HIDING.has(check) && !passed);
    return isHidden ? this.#unknown(tool, viewpoint) : truth;
  }

  /** Whatever the caller may know. */
  truth(tool: string, viewpoint: Viewpoint): Explanation {
    const { place, identity, client } = viewpoint;
    const found = this.#find(tool, place);
    if (found === undefined) return this.#unknown(tool, viewpoint);
    const name = place.kind === "profile" ? place.profile : "";
    const profile = this.#deps.profiles.find(name);
    const shown = this.#deps.listing.at(place).meant(found.id);
    const checks = checksOf(found, {
      identity,
      profile: profile && { name, profile },
      health: this.#deps.healthOf(found.server.name),
      isListed: shown === undefined || this.#deps.listing.lists(place, client, shown.tool),
    });
    const failed = checks.filter(({ passed }) => !passed);
    const stopping = failed.find(({ check }) => check !== "listed");
    const visible = !failed.some(({ check }) => OF_EXISTENCE.has(check));
    return {
      tool,
      id: found.id,
      server: found.server.name,
      visible,
      listed: visible && !failed.some(({ check }) => check === "listed"),
      callable: stopping === undefined,
      reason: stopping?.code ?? "ok",
      checks,
      nearest: [],
    };
  }

  #unknown(tool: string, { place }: Viewpoint): Explanation {
    const shown = this.#deps.listing.at(place);
    // As words, so that a slash at both ends is no pattern.
    const words = tool.slice(0, 200).replaceAll(/[^\p{L}\p{N}]+/gu, " ");
    const similar = this.#deps.similar(words, (one) => shown.shows(one));
    const nearest = similar.map((one) => shown.nameOf(one));
    const meant = nearest[0] === undefined ? "" : ` Did you mean ${nearest[0]}?`;
    const summary = `There is no tool "${tool.slice(0, 200)}" here.${meant}`;
    const label = "Search the tools, with other words than the name";
    const known: Check = { check: "known", passed: false, code: "unknown_tool", summary, fix: { label } };
    const checks = [known, ...this.#unseen(tool, place)];
    return {
      tool,
      visible: false,
      listed: false,
      callable: false,
      reason: "unknown_tool",
      checks,
      nearest,
    };
  }

  /** A server that was never reached has not said which tools it has: then its state is the likely reason. */
  #unseen(tool: string, place: Place): readonly Check[] {
    const server = this.#serverIn(tool);
    if (server === undefined || !isEnabled(server)) return [];
    const profile = place.kind === "profile" ? this.#deps.profiles.find(place.profile) : undefined;
    const isHere =
      place.kind === "server"
        ? place.server === server.name
        : profile?.servers === undefined || profile.servers.includes(server.name);
    if (!isHere || this.#deps.registry.offering(server.name) !== undefined) return [];
    const check = upstreamCheck({ server }, this.#deps.healthOf(server.name));
    return check.passed ? [] : [check];
  }

  #find(asked: string, place: Place): Found | undefined {
    const shown =
      this.#deps.listing.at(place).meant(asked) ?? this.#deps.listing.at({ kind: "all" }).meant(asked);
    const isElsewhere = place.kind === "server" && shown?.tool.server !== place.server;
    if (shown !== undefined && !isElsewhere) {
      const { server, name, id, definition } = shown.tool;
      const of = this.#deps.registry.servers().find((one) => one.name === server);
      return of && { server: of, name, id, definition, quarantine: undefined };
    }
    const named = place.kind === "server" ? place.server : this.#serverIn(asked)?.name;
    const servers = this.#deps.registry.servers().filter(({ name }) => named === undefined || name === named);
    for (const server of servers) {
      const left = this.#leftOut(server, asked);
      if (left !== undefined) return left;
    }
    return undefined;
  }

  /** Of what a server offers, or tried to offer, the catalog shows only a part. */
  #leftOut(server: Server, asked: string): Found | undefined {
    const offering = this.#deps.registry.offering(server.name);
    const isMeant = (name: string): boolean => name === asked || toolId(server.name, name) === asked;
    const quarantined = offering?.quarantined.find(({ tool }) => isMeant(tool));
    const definition = offering?.tools.find((one) => isMeant(stringAt(one, "name") ?? ""));
    const name = quarantined?.tool ?? (definition && stringAt(definition, "name"));
    if (name === undefined) return undefined;
    return { server, name, id: toolId(server.name, name), definition, quarantine: quarantined?.reason };
  }

  /** No server's name holds `__`, so an id begins with exactly one. */
  #serverIn(id: string): Server | undefined {
    const end = id.indexOf("__");
    if (end <= 0) return undefined;
    const name = id.slice(0, end);
    return this.#deps.registry.servers().find((server) => server.name === name);
  }
}
