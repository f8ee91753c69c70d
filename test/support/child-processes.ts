import { execFileSync } from "node:child_process";
import { setTimeout as wait } from "node:timers/promises";

interface ProcessRow {
  readonly pid: number;
  readonly parent: number;
  readonly state: string;
}

function processTable(): readonly ProcessRow[] {
  const table = execFileSync("ps", ["-A", "-o", "pid=,ppid=,stat="], { encoding: "utf8" });
  return table
    .trim()
    .split("\n")
    .map((line) => {
      const [pid = "", parent = "", state = ""] = line.trim().split(/\s+/);
      return { pid: Number(pid), parent: Number(parent), state };
    });
}

/** Every process below `root`, itself not included. */
export function descendantsOf(root: number): readonly number[] {
  const rows = processTable();
  const found: number[] = [];
  const parents = [root];
  for (let parent = parents.pop(); parent !== undefined; parent = parents.pop()) {
    for (const row of rows) {
      if (row.parent !== parent) continue;
      found.push(row.pid);
      parents.push(row.pid);
    }
  }
  return found;
}

/** Those of `pids` that still run; one that waits to be reaped does not. */
export function stillRunning(pids: readonly number[]): readonly number[] {
  return processTable()
    .filter((row) => pids.includes(row.pid) && !row.state.startsWith("Z"))
    .map((row) => row.pid);
}

/** Asks again and again, for as long as it takes a real process to do something. */
export async function until<T>(
  what: string,
  probe: () => T | undefined | false | Promise<T | undefined | false>,
  timeoutMs = 10_000,
): Promise<T> {
  const end = performance.now() + timeoutMs;
  for (;;) {
    const found = await probe();
    if (found !== undefined && found !== false) return found;
    if (performance.now() > end) throw new Error(`waited ${timeoutMs} ms in vain: ${what}`);
    await wait(25);
  }
}
