import { join } from "node:path";

import { CallLog, type CallLogDeps } from "../../src/calls/calls.ts";
import type { CallOrigin, CallRecord } from "../../src/observability/call-record.ts";
import { createLogger } from "../../src/observability/logger.ts";
import { type Storage, openStorage } from "../../src/storage/storage.ts";
import { temporaryFolder } from "./temporary-folder.ts";

export const ORIGIN: Omit<CallOrigin, "arrivedAt" | "authenticatedAt"> = {
  requestId: "req_1",
  tenant: "default",
  subject: "anna",
  via: "mcp",
  era: "2026",
  endpoint: "*",
  requestBytes: 120,
};

/** The log of calls over a real storage. */
export class CallLab {
  readonly log: CallLog;
  readonly storage: Storage;
  readonly counted: Record<string, number> = {};
  readonly states: boolean[] = [];
  now = Date.now();

  static async open(change: Partial<CallLogDeps> = {}): Promise<CallLab> {
    const folder = temporaryFolder();
    const logger = createLogger({ level: "silent", write: () => {} });
    return new CallLab(await openStorage({ url: `file:${join(folder, "calls.db")}`, logger }), change);
  }

  private constructor(storage: Storage, change: Partial<CallLogDeps>) {
    this.storage = storage;
    this.log = new CallLog({
      store: storage.calls,
      maxRows: 1_000,
      keepMs: 3_600_000,
      sample: 1,
      slowMs: 1_000,
      count: (result, rows) => {
        this.counted[result] = (this.counted[result] ?? 0) + rows;
      },
      onState: (isDegraded) => void this.states.push(isDegraded),
      now: () => this.now,
      ...change,
    });
  }

  begin(change: Partial<CallOrigin> = {}): CallRecord {
    const arrivedAt = performance.now();
    const record = this.log.begin({ ...ORIGIN, arrivedAt, authenticatedAt: arrivedAt, ...change });
    record.server = "weather";
    record.tool = "forecast";
    return record;
  }

  /** One call that ended well. */
  call(change: Partial<CallOrigin> = {}): CallRecord {
    const record = this.begin(change);
    record.succeeded("ok");
    this.log.end(record);
    return record;
  }

  async close(): Promise<void> {
    await this.log.close();
    await this.storage.close();
  }
}
