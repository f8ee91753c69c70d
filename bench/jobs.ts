import type { Target } from "./mcp-caller.ts";

/** What the load generator is told to do. `pid`: the process whose CPU time and memory are to be read meanwhile. */
export type Job = { readonly target: Target; readonly pid: number } & (
  | {
      readonly kind: "calls";
      readonly tool: string;
      readonly callers: number;
      readonly warmMs: number;
      readonly measureMs: number;
      /** Open loop: so many calls per second, whether or not answers come. Without it each caller waits for its answer. */
      readonly perSecond?: number;
    }
  | { readonly kind: "sessions"; readonly callers: number; readonly count: number }
  | { readonly kind: "list"; readonly warm: number; readonly count: number }
);

export interface Result {
  readonly done: number;
  readonly failed: number;
  readonly firstFailure?: string;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** CPU of the process under test, per call, session or list. */
  readonly cpuUs: number;
  readonly peakMiB: number;
  /** Tools in one list. */
  readonly items?: number;
}

/** From parent to load generator and back. */
export interface JobMessage {
  readonly number: number;
  readonly job: Job;
}
export interface ResultMessage {
  readonly number: number;
  readonly result?: Result;
  readonly error?: string;
}
