import { matchesAny } from "../domain/glob.ts";
import type { Identity, Role } from "../domain/identity.ts";
import type { Tool } from "../domain/offering.ts";
import type { RedisLink } from "../redis/redis.ts";
import { FleetWindows } from "./fleet-windows.ts";
import { type Limit, type LimitName, type Verdict, rateLimited, verdictOf } from "./verdict.ts";
import { FixedWindows } from "./windows.ts";

/** Of all numbers, 0 is: no limit. */
export interface RateLimitSettings {
  readonly isOn: boolean;
  readonly windowMs: number;
  readonly perKey: number;
  readonly perUser: number;
  /** By the name of a server. */
  readonly servers: Readonly<Record<string, number>>;
  /** By a glob on tool ids; each matching tool has a count of its own. */
  readonly tools: Readonly<Record<string, number>>;
  readonly exempt: { readonly roles: readonly Role[]; readonly keys: readonly string[] };
}

interface ToolLimits {
  readonly server: Limit | undefined;
  readonly tool: Limit | undefined;
}

/**
 * How much a caller may ask for. Counted in memory, and then without waiting; or with all replicas in Redis, and in
 * memory while that is away.
 */
export class RateLimits {
  readonly #settings: RateLimitSettings;
  readonly #windows: FixedWindows;
  readonly #fleet: FleetWindows | undefined;
  readonly #onLimited: (limit: LimitName) => void;
  readonly #key: Limit | undefined;
  readonly #user: Limit | undefined;
  readonly #servers: ReadonlyMap<string, Limit>;
  readonly #globs: readonly (readonly [glob: string, limit: Limit])[];
  #ofTool = new WeakMap<Tool, ToolLimits>();

  private constructor(
    settings: RateLimitSettings,
    parts: {
      readonly fleet: FleetWindows | undefined;
      readonly now: () => number;
      readonly onLimited: (limit: LimitName) => void;
    },
  ) {
    const limit = (name: LimitName, most: number): Limit | undefined =>
      most > 0 ? { name, most, windowMs: settings.windowMs } : undefined;
    const limits = (name: LimitName, numbers: Readonly<Record<string, number>>) =>
      Object.entries(numbers).flatMap(([key, most]) => {
        const made = limit(name, most);
        return made === undefined ? [] : [[key, made] as const];
      });
    this.#settings = settings;
    this.#windows = new FixedWindows(settings.windowMs, parts.now);
    this.#fleet = parts.fleet;
    this.#onLimited = parts.onLimited;
    this.#key = limit("key", settings.perKey);
    this.#user = limit("user", settings.perUser);
    this.#servers = new Map(limits("server", settings.servers));
    this.#globs = limits("tool", settings.tools);
  }

  static async open(deps: {
    readonly settings: RateLimitSettings;
    readonly link?: RedisLink | undefined;
    readonly onLimited?: (limit: LimitName) => void;
    /** Milliseconds of a clock that never goes back. */
    readonly now?: () => number;
  }): Promise<RateLimits> {
    const { settings, link, onLimited = () => {}, now = () => performance.now() } = deps;
    const fleet = link === undefined || !settings.isOn ? undefined : await FleetWindows.open(link);
    return new RateLimits(settings, { fleet, now, onLimited });
  }

  /** Counts a request. Throws or rejects with GatewayError("rate_limited"); nothing for whom there is no limit. */
  request(identity: Identity): Verdict | undefined | Promise<Verdict> {
    if (this.#key === undefined || this.#isExempt(identity)) return undefined;
    const taken = this.#take(this.#key, identity.keyId ?? identity.subject);
    return taken instanceof Promise ? taken.then((verdict) => this.#judge(verdict)) : this.#judge(taken);
  }

  /** Counts a call of a tool. Throws or rejects with GatewayError("rate_limited"); nothing was executed then. */
  call(identity: Identity, tool: Tool): void | Promise<void> {
    if (this.#isExempt(identity)) return;
    const { server, tool: own } = this.#limitsOf(tool);
    if (this.#fleet?.isUp === true) return this.#callInFleet(identity, tool);
    if (this.#user !== undefined) this.#judge(this.#count(this.#user, userOf(identity)), true);
    if (server !== undefined) this.#judge(this.#count(server, tool.server), true);
    if (own !== undefined) this.#judge(this.#count(own, tool.id), true);
  }

  async #callInFleet(identity: Identity, tool: Tool): Promise<void> {
    const { server, tool: own } = this.#limitsOf(tool);
    // Asked for together: one way to Redis and back.
    const verdicts = await Promise.all([
      this.#user && this.#take(this.#user, userOf(identity)),
      server && this.#take(server, tool.server),
      own && this.#take(own, tool.id),
    ]);
    for (const verdict of verdicts) if (verdict !== undefined) this.#judge(verdict, true);
  }

  #take(limit: Limit, key: string): Verdict | Promise<Verdict> {
    if (this.#fleet?.isUp !== true) return this.#count(limit, key);
    return this.#fleet
      .take(limit, key)
      .then((window) => (window === undefined ? this.#count(limit, key) : verdictOf(limit, window)));
  }

  #count(limit: Limit, key: string): Verdict {
    return verdictOf(limit, this.#windows.take(`${limit.name} ${key}`));
  }

  #judge(verdict: Verdict, isCall = false): Verdict {
    if (!verdict.isOver) return verdict;
    this.#onLimited(verdict.limit.name);
    throw rateLimited(verdict, isCall ? "not_executed" : undefined);
  }

  #isExempt({ role, keyId }: Identity): boolean {
    const { isOn, exempt } = this.#settings;
    return !isOn || exempt.roles.includes(role) || (keyId !== undefined && exempt.keys.includes(keyId));
  }

  #limitsOf(tool: Tool): ToolLimits {
    const known = this.#ofTool.get(tool);
    if (known !== undefined) return known;
    const own = this.#globs.find(([glob]) => matchesAny([glob], tool.id))?.[1];
    const limits = { server: this.#servers.get(tool.server), tool: own };
    this.#ofTool.set(tool, limits);
    return limits;
  }
}

function userOf({ tenant, subject }: Identity): string {
  return `${tenant}/${subject}`;
}
