import { UpstreamError } from "../../domain/upstream-errors.ts";
import type { Logger } from "../../observability/logger.ts";
import { ChildNotes } from "./child-notes.ts";
import { Child, type ChildCommand } from "./child.ts";
import { Watchman } from "./watchman.ts";

export interface ChildrenDeps {
  /** How many may run at once, of all servers. */
  readonly limit: number;
  /** Where they are noted. Absent: nobody looks after children that outlive the gateway. */
  readonly folder: string | undefined;
  readonly logger: Logger;
  /** Children of an earlier gateway were found and killed. */
  readonly onOrphans?: ((count: number) => void) | undefined;
}

/** All child processes of this gateway: counted, noted, and watched, so that none is left when it has ended. */
export class Children {
  readonly #deps: ChildrenDeps;
  readonly #notes: ChildNotes | undefined;
  readonly #watchman: Watchman | undefined;
  /** Each settles when the child's whole group is gone and nothing tells of it any more. */
  readonly #living = new Map<Child, Promise<void>>();
  #starting = 0;
  #swept: Promise<void> | undefined;

  constructor(deps: ChildrenDeps) {
    const { folder, logger } = deps;
    this.#deps = deps;
    // Windows has no process groups.
    const isWatched = folder !== undefined && process.platform !== "win32";
    this.#notes = isWatched ? new ChildNotes({ folder, logger }) : undefined;
    this.#watchman = isWatched ? new Watchman({ logger }) : undefined;
  }

  get count(): number {
    return this.#living.size + this.#starting;
  }

  /** Rejects with UpstreamError(`upstream_busy`), or with the system's error as `Child.start` does. */
  async start(server: string, command: ChildCommand): Promise<Child> {
    // What an earlier gateway has left behind may hold what the new child needs.
    await this.sweep();
    if (this.count >= this.#deps.limit) throw this.#tooMany(server);
    this.#starting += 1;
    try {
      const child = await Child.start(command, (pid) => this.#watchman?.add(pid));
      const gone = this.#attend(server, child).finally(() => this.#living.delete(child));
      this.#living.set(child, gone);
      return child;
    } finally {
      this.#starting -= 1;
    }
  }

  /** Ends what earlier gateways have left behind; once. Never rejects. */
  sweep(): Promise<void> {
    this.#swept ??= this.#sweep();
    return this.#swept;
  }

  /** Stops those that were not told to before; settles when all are gone. */
  async close(): Promise<void> {
    const going = [...this.#living].map(([child, gone]) => [child.stop(), gone]);
    await Promise.all(going.flat());
    await this.#watchman?.close();
  }

  async #attend(server: string, child: Child): Promise<void> {
    const noted = this.#notes?.add(child.pid, server);
    await child.exited;
    await child.stop();
    this.#watchman?.remove(child.pid);
    await noted;
    await this.#notes?.remove(child.pid);
  }

  async #sweep(): Promise<void> {
    const killed = (await this.#notes?.sweep()) ?? 0;
    if (killed > 0) this.#deps.onOrphans?.(killed);
  }

  #tooMany(server: string): UpstreamError {
    const { limit } = this.#deps;
    return new UpstreamError(
      "upstream_busy",
      server,
      "not_sent",
      `Upstream "${server}" cannot be started: the gateway runs ${limit} child processes, which is its limit.`,
      {
        details: { limit },
        fix: [{ label: "Disable servers that nobody needs, end sessions, or raise gateway.limits.children" }],
      },
    );
  }
}
