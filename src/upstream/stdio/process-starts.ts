import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";

/** What tells a process from a later one with the same number. */
export interface ProcessStart {
  /** Opaque; equal for the same process only. */
  readonly started: string;
  /** It has ended, and its parent has not asked for its end yet: its number is not given to another one. */
  readonly zombie: boolean;
}

/** Of those of these processes that are there. */
export function processStarts(pids: readonly number[]): Promise<ReadonlyMap<number, ProcessStart>> {
  return process.platform === "linux" ? startsFromProc(pids) : startsFromPs(pids);
}

/** The start is counted from the boot, so the boot belongs to it. */
async function startsFromProc(pids: readonly number[]): Promise<ReadonlyMap<number, ProcessStart>> {
  const boot = (await readOrNothing("/proc/sys/kernel/random/boot_id")).trim();
  const starts = new Map<number, ProcessStart>();
  for (const pid of new Set(pids)) {
    const stat = await readOrNothing(`/proc/${pid}/stat`);
    // The second field is the name in brackets, which may hold anything; state is the third, start the 22nd.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const [state = ""] = fields;
    const ticks = fields[19];
    if (ticks !== undefined) starts.set(pid, { started: `${ticks}@${boot}`, zombie: state === "Z" });
  }
  return starts;
}

/** For systems without `/proc`. */
export async function startsFromPs(pids: readonly number[]): Promise<ReadonlyMap<number, ProcessStart>> {
  const starts = new Map<number, ProcessStart>();
  if (pids.length === 0) return starts;
  for (const line of (await ps(pids)).split("\n")) {
    const [, pid, state = "", started = ""] = /^\s*(\d+)\s+(\S+)\s+(.*\S)/.exec(line) ?? [];
    if (pid !== undefined) starts.set(Number(pid), { started, zombie: state.startsWith("Z") });
  }
  return starts;
}

async function ps(pids: readonly number[]): Promise<string> {
  const args = ["-o", "pid=,stat=,lstart=", "-p", [...new Set(pids)].join(",")];
  // The start is written as a date: always in the same language and zone.
  const env = { PATH: "/usr/bin:/bin", LC_ALL: "C", TZ: "UTC" };
  try {
    return (await promisify(execFile)("ps", args, { env })).stdout;
  } catch {
    // It also fails when there is none of them.
    return "";
  }
}

async function readOrNothing(file: string): Promise<string> {
  return readFile(file, "utf8").catch(() => "");
}
