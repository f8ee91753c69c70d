import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

import type { Logger } from "../../observability/logger.ts";

/**
 * Reads `+ <group>` and `- <group>`. When the pipe ends, what is left is asked to go, and killed a second later. A shell
 * is on every system, needs a tenth of a megabyte, and cannot leak.
 */
const SCRIPT = `
trap '' HUP INT TERM
groups=' '
while read -r sign group; do
  case $sign in
    +) groups="$groups$group " ;;
    -) case $groups in *" $group "*) groups="\${groups%% $group *} \${groups#* $group }" ;; esac ;;
  esac
done
[ "$groups" = ' ' ] && exit 0
for group in $groups; do kill -TERM "-$group"; done 2>/dev/null
sleep 1
for group in $groups; do kill -KILL "-$group"; done 2>/dev/null
exit 0
`;
const AGAIN_MS = 1_000;
/** It may have to kill somebody. */
const END_MS = 2_500;

/**
 * Sees to it that no child outlives the gateway, however that ends. It is one process for all children, in a session of its
 * own, so that whatever is sent to the gateway's group does not reach it; it notices the end of the gateway by the end of
 * the pipe between them, which even SIGKILL brings about.
 */
export class Watchman {
  readonly #logger: Logger;
  readonly #shell: string;
  readonly #groups = new Set<number>();
  #process: ChildProcess | undefined;
  #closed = false;

  constructor({ logger, shell = "/bin/sh" }: { logger: Logger; shell?: string }) {
    this.#logger = logger;
    this.#shell = shell;
  }

  get pid(): number | undefined {
    return this.#process?.pid;
  }

  /** To be called in the same turn in which the child was started. */
  add(group: number): void {
    this.#groups.add(group);
    if (this.#process === undefined) this.#begin();
    else this.#tell("+", group);
  }

  /** The group is gone: its number may become another's. */
  remove(group: number): void {
    if (this.#groups.delete(group)) this.#tell("-", group);
  }

  /** Settles when it is gone; then no group that was added is left. */
  async close(): Promise<void> {
    this.#closed = true;
    const watchman = this.#process;
    if (watchman === undefined || watchman.exitCode !== null || watchman.signalCode !== null) return;
    watchman.ref();
    const exit = once(watchman, "exit");
    watchman.stdin?.end();
    await Promise.race([exit, sleep(END_MS, undefined, { ref: false })]);
  }

  #begin(): void {
    if (this.#closed) return;
    const watchman = spawn(this.#shell, ["-c", SCRIPT, "switchgear-watchman"], {
      stdio: ["pipe", "ignore", "ignore"],
      detached: true,
      cwd: "/",
      env: { PATH: "/usr/bin:/bin" },
    });
    this.#process = watchman;
    watchman.on("error", (error) => this.#lost(watchman, error));
    watchman.on("exit", () => this.#lost(watchman));
    // A broken pipe shows itself in `exit`.
    watchman.stdin.on("error", () => undefined);
    // It must not keep the gateway awake.
    watchman.unref();
    if (watchman.stdin instanceof Socket) watchman.stdin.unref();
    for (const group of this.#groups) this.#tell("+", group);
  }

  #tell(sign: "+" | "-", group: number): void {
    this.#process?.stdin?.write(`${sign} ${group}\n`);
  }

  /** Somebody has killed it, or it could not be started. */
  #lost(watchman: ChildProcess, error?: Error): void {
    if (this.#closed || this.#process !== watchman) return;
    this.#logger.warn("watchman of the child processes lost", { error });
    // Without a shell there will never be one.
    if (error !== undefined) return;
    setTimeout(() => this.#begin(), AGAIN_MS).unref();
  }
}
