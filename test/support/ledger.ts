import { existsSync, readFileSync } from "node:fs";

import type { LedgerEvent, LedgerLine } from "../fixtures/matrix/ledger.ts";
import { until } from "./child-processes.ts";

/** What the fixture upstreams have executed, read from the file that they write. */
export class Ledger {
  readonly file: string;

  constructor(file: string) {
    this.file = file;
  }

  /** The lines of one call, in order. */
  linesOf(key: string): readonly LedgerLine[] {
    if (!existsSync(this.file)) return [];
    const lines = readFileSync(this.file, "utf8").split("\n").slice(0, -1);
    return lines.map((line) => JSON.parse(line) as LedgerLine).filter((line) => line.key === key);
  }

  count(key: string, event: LedgerEvent): number {
    return this.linesOf(key).filter((line) => line.event === event).length;
  }

  async whenNoted(key: string, event: LedgerEvent, timeoutMs = 10_000): Promise<void> {
    await until(`"${event}" of ${key} in the ledger`, () => this.count(key, event) > 0, timeoutMs);
  }
}
