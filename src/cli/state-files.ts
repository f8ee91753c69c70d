import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { isJsonObject, stringAt } from "../domain/json.ts";

/** What a running gateway leaves in its data folder, so that other commands of the same user find it. */
export interface GatewayState {
  readonly url: string;
  readonly pid: number;
  readonly started_at: string;
}

const STATE = "gateway.json";
const KEY = "local-key";

/** Both files are for the owner's eyes only; the key first, so that whoever sees the state can use it. */
export function writeState(dataDir: string, state: GatewayState, localKey: string): void {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  writeWhole(join(dataDir, KEY), `${localKey}\n`);
  writeWhole(join(dataDir, STATE), `${JSON.stringify(state, null, 2)}\n`);
}

/** Leaves the files of a gateway that was started in the meantime. */
export function removeState(dataDir: string, pid: number): void {
  if (readState(dataDir)?.pid !== pid) return;
  rmSync(join(dataDir, STATE), { force: true });
  rmSync(join(dataDir, KEY), { force: true });
}

/** Nothing when no gateway runs on this data folder, or its file is damaged. */
export function readState(dataDir: string): GatewayState | undefined {
  const text = readIfThere(join(dataDir, STATE));
  if (text === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    if (!isJsonObject(value) || typeof value["url"] !== "string" || !URL.canParse(value["url"]))
      return undefined;
    return { url: value["url"], pid: Number(value["pid"]), started_at: stringAt(value, "started_at") ?? "" };
  } catch {
    // A damaged file is no gateway; the next start replaces it.
    return undefined;
  }
}

export function readLocalKey(dataDir: string): string | undefined {
  return readIfThere(join(dataDir, KEY))?.trim();
}

/** In one step: a reader never sees half a file, and a looser mode of an older file is not kept. */
function writeWhole(file: string, text: string): void {
  const fresh = `${file}.${process.pid}.tmp`;
  rmSync(fresh, { force: true });
  writeFileSync(fresh, text, { mode: 0o600, flag: "wx" });
  renameSync(fresh, file);
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    // Absent or not ours to read: for this user there is no gateway here.
    return undefined;
  }
}
