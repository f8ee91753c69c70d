import { mkdir, readFile, readdir, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { z } from "zod";

import type { Logger } from "../../observability/logger.ts";
import { type ProcessStart, processStarts } from "./process-starts.ts";

/** Number 1 is never a child of ours, and 0 would stand for the gateway's own group. */
const Pid = z.number().int().min(2);
const Started = z.string().min(1);

const ChildNote = z.object({
  pid: Pid,
  started: Started,
  /** Its process group. */
  pgid: Pid,
  server: z.string(),
  gateway: z.object({ pid: z.number().int().min(1), started: Started }),
});
type ChildNote = z.infer<typeof ChildNote>;

/** A file that cannot be read may be one that is just being written. */
const UNREADABLE_MS = 60_000;

interface ChildNotesDeps {
  readonly folder: string;
  readonly logger: Logger;
}

/**
 * A file for each child that runs, so that the next gateway finds those that this one could not end. A power cut may lose
 * a file, because it would end the child as well.
 */
export class ChildNotes {
  readonly #folder: string;
  readonly #logger: Logger;
  #own: Promise<ProcessStart | undefined> | undefined;
  #warned = false;

  constructor({ folder, logger }: ChildNotesDeps) {
    this.#folder = folder;
    this.#logger = logger;
  }

  /** Never rejects: a child without a note is served all the same. */
  async add(pid: number, server: string): Promise<void> {
    try {
      const own = await (this.#own ??= this.#ownStart());
      const started = (await processStarts([pid])).get(pid)?.started;
      // It has ended already, or this system does not tell.
      if (started === undefined || own === undefined) return;
      const gateway = { pid: process.pid, started: own.started };
      const note: ChildNote = { pid, started, pgid: pid, server, gateway };
      await writeFile(this.#fileOf(pid), `${JSON.stringify(note)}\n`, { mode: 0o600 });
    } catch (error) {
      if (!this.#warned) this.#logger.warn("child process not noted", { server, error });
      this.#warned = true;
    }
  }

  /** Never rejects. */
  async remove(pid: number): Promise<void> {
    await rm(this.#fileOf(pid), { force: true }).catch(() => undefined);
  }

  /**
   * Kills the groups that other gateways have left behind, and answers how many. A child of a living gateway is left alone,
   * and so is a process that merely has the number of a child. Never rejects.
   */
  async sweep(): Promise<number> {
    const notes = await this.#notes();
    const starts = await processStarts(notes.flatMap(([, { pid, gateway }]) => [pid, gateway.pid]));
    let killed = 0;
    for (const [file, note] of notes) {
      const gateway = starts.get(note.gateway.pid);
      if (gateway?.started === note.gateway.started && !gateway.zombie) continue;
      if (starts.get(note.pid)?.started === note.started && this.#kill(note)) killed += 1;
      await rm(file, { force: true }).catch(() => undefined);
    }
    return killed;
  }

  #kill({ pid, pgid, server, gateway }: ChildNote): boolean {
    try {
      process.kill(-pgid, "SIGKILL");
    } catch {
      // Gone in the meantime, or not ours to end.
      return false;
    }
    this.#logger.warn("orphaned child process killed", { server, pid, gateway: gateway.pid });
    return true;
  }

  async #ownStart(): Promise<ProcessStart | undefined> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    return (await processStarts([process.pid])).get(process.pid);
  }

  async #notes(): Promise<readonly (readonly [file: string, note: ChildNote])[]> {
    const names = await readdir(this.#folder).catch((): string[] => []);
    const found: (readonly [string, ChildNote])[] = [];
    for (const name of names.filter((one) => one.endsWith(".json"))) {
      const file = join(this.#folder, name);
      const note = await readNote(file);
      if (note === undefined) await removeOld(file);
      else found.push([file, note]);
    }
    return found;
  }

  #fileOf(pid: number): string {
    return join(this.#folder, `${process.pid}-${pid}.json`);
  }
}

async function readNote(file: string): Promise<ChildNote | undefined> {
  try {
    return ChildNote.safeParse(JSON.parse(await readFile(file, "utf8"))).data;
  } catch {
    return undefined;
  }
}

async function removeOld(file: string): Promise<void> {
  const { mtimeMs = Date.now() } = (await stat(file).catch(() => undefined)) ?? {};
  if (Date.now() - mtimeMs > UNREADABLE_MS) await rm(file, { force: true }).catch(() => undefined);
}
