import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import type { Readable, Writable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";

import { FloodGate } from "./flood-gate.ts";
import { OutputTail } from "./output-tail.ts";

const STDERR_BYTES = 64 * 1024;
const STDERR_SHARE = { amount: 1024 * 1024, perMs: 100 };
/** What a child wrote before it died may still be in the pipe. A grandchild can hold the pipe open for ever, so this is bounded. */
const DRAIN_MS = 50;
const POLL_MS = 20;
/** A large program takes a moment to be torn down. */
const KILL_MS = 1_000;

export interface ChildCommand {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string | undefined;
  /** The whole environment of the child. */
  readonly environment: Readonly<Record<string, string>>;
  /** The part of it that may be secret. */
  readonly declared: Readonly<Record<string, string>>;
}

export interface ChildExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** How long a child is given to leave after stdin has ended, and then after SIGTERM. */
export interface StopPatience {
  readonly afterEofMs: number;
  readonly afterTermMs: number;
}
export const STOP_PATIENCE: StopPatience = { afterEofMs: 500, afterTermMs: 2_000 };

/**
 * A program with a process group of its own, so that whatever it starts ends with it. Its end is taken from `exit`,
 * never from `close`: a grandchild may hold its pipes.
 */
export class Child {
  readonly pid: number;
  readonly startedAt = new Date();
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: OutputTail;
  /** Settles when the program has ended and what it wrote was read. Never rejects. */
  readonly exited: Promise<ChildExit>;
  readonly #process: ChildProcessWithoutNullStreams;
  readonly #floodGate: FloodGate;
  #groupIsGone: boolean;
  #stopped: Promise<void> | undefined;

  private constructor(child: ChildProcessWithoutNullStreams, declared: Readonly<Record<string, string>>) {
    this.#process = child;
    this.pid = child.pid ?? 0;
    // Number 0 would stand for the gateway's own group.
    this.#groupIsGone = this.pid === 0;
    this.stdin = child.stdin;
    this.stdout = child.stdout;
    this.stderr = new OutputTail(STDERR_BYTES, declared);
    this.#floodGate = new FloodGate(child.stderr, STDERR_SHARE);
    child.stderr.on("data", (chunk: Buffer) => {
      this.stderr.push(chunk);
      this.#floodGate.spend(chunk.length);
    });
    // A broken pipe shows itself in `exit` or in the failed write; without a listener it would end the gateway.
    for (const part of [child, child.stdin, child.stdout, child.stderr]) part.on("error", () => undefined);
    this.exited = this.#untilExit();
  }

  /**
   * Rejects with the system's error (ENOENT, EACCES, EAGAIN …) when the program cannot be started. `onPid` is told in the same
   * turn in which there is a process.
   */
  static async start(command: ChildCommand, onPid: (pid: number) => void = () => undefined): Promise<Child> {
    const child = spawn(command.command, [...command.args], {
      cwd: command.cwd,
      env: { ...command.environment },
      stdio: ["pipe", "pipe", "pipe"],
      shell: false,
      detached: process.platform !== "win32",
      windowsHide: true,
    });
    if (child.pid !== undefined) onPid(child.pid);
    await once(child, "spawn");
    return new Child(child, command.declared);
  }

  /** Ends stdin, then SIGTERM, then SIGKILL to the whole group. Settles when nobody of the group is left. */
  stop(patience: StopPatience = STOP_PATIENCE): Promise<void> {
    this.#stopped ??= this.#stop(patience);
    return this.#stopped;
  }

  async #stop(patience: StopPatience): Promise<void> {
    this.stdin.end();
    if (patience.afterEofMs > 0) {
      // Not held by the timer: as long as it matters, the child itself keeps the process awake.
      await Promise.race([this.exited, sleep(patience.afterEofMs, undefined, { ref: false })]);
    }
    this.#signal("SIGTERM");
    if (!(await this.#waitUntilGone(patience.afterTermMs))) {
      this.#signal("SIGKILL");
      await this.#waitUntilGone(KILL_MS);
    }
    this.#floodGate.close();
    this.#process.stdout.destroy();
    this.#process.stderr.destroy();
    this.stdin.destroy();
  }

  async #untilExit(): Promise<ChildExit> {
    const [code, signal] = (await once(this.#process, "exit")) as [number | null, NodeJS.Signals | null];
    // What the program has left behind goes too.
    this.#signal("SIGTERM");
    await Promise.race([Promise.all([closed(this.stdout), closed(this.#process.stderr)]), sleep(DRAIN_MS)]);
    this.stop({ afterEofMs: 0, afterTermMs: STOP_PATIENCE.afterTermMs }).catch(() => undefined);
    return { code, signal };
  }

  async #waitUntilGone(withinMs: number): Promise<boolean> {
    const end = performance.now() + withinMs;
    while (this.#signal(0)) {
      if (performance.now() >= end) return false;
      await sleep(POLL_MS);
    }
    return true;
  }

  /** True when somebody was there to be signalled. Once the group is gone, its number may become another's. */
  #signal(signal: NodeJS.Signals | 0): boolean {
    if (this.#groupIsGone) return false;
    try {
      return process.kill(process.platform === "win32" ? this.pid : -this.pid, signal);
    } catch {
      // ESRCH: the group is empty. EPERM: it is not ours any more.
      this.#groupIsGone = true;
      return false;
    }
  }
}

async function closed(stream: Readable): Promise<void> {
  if (!stream.closed) await once(stream, "close").catch(() => undefined);
}
