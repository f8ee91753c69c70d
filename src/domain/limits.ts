/** Bounds on what a caller or an upstream may send. Sizes in bytes, times in milliseconds. All configurable. */
export interface Limits {
  readonly requestBytes: number;
  readonly replyBytes: number;
  readonly sseEventBytes: number;
  readonly notificationsPerCall: number;
  readonly jsonDepth: number;
  readonly listPages: number;
  readonly toolsPerUpstream: number;
  readonly schemaBytes: number;
  readonly schemaDepth: number;
  readonly descriptionBytes: number;
  readonly headerBytes: number;
  readonly headersMs: number;
  readonly bodyMs: number;
  readonly keepAliveMs: number;
  readonly drainMs: number;
  readonly callMs: number;
  /** Progress extends a call's deadline by `callMs` each time, up to this. */
  readonly callMaxMs: number;
  readonly connectMs: number;
  readonly sessionIdleMs: number;
  readonly sessions: number;
  /** Child processes of stdio upstreams that run at once. */
  readonly children: number;
  readonly listPageSize: number;
  /** How long a user has for the answer to an upstream's question. The deadline of the call waits meanwhile. */
  readonly questionMs: number;
  /** How long a call of a client that lost its stream goes on, so that the client can take the stream up again. */
  readonly resumeMs: number;
  /** What is kept of one session's streams for a client that comes back with `Last-Event-ID`. */
  readonly sessionEvents: number;
  readonly sessionEventBytes: number;
}

export const DEFAULT_LIMITS: Limits = {
  requestBytes: 4 * 1024 * 1024,
  replyBytes: 10 * 1024 * 1024,
  sseEventBytes: 1024 * 1024,
  notificationsPerCall: 1_000,
  jsonDepth: 64,
  listPages: 64,
  toolsPerUpstream: 1_000,
  schemaBytes: 64 * 1024,
  schemaDepth: 32,
  descriptionBytes: 16 * 1024,
  headerBytes: 16 * 1024,
  headersMs: 10_000,
  bodyMs: 30_000,
  keepAliveMs: 15_000,
  drainMs: 30_000,
  callMs: 60_000,
  callMaxMs: 300_000,
  connectMs: 30_000,
  sessionIdleMs: 30 * 60_000,
  sessions: 10_000,
  children: 256,
  listPageSize: 1_000,
  questionMs: 300_000,
  resumeMs: 60_000,
  sessionEvents: 256,
  sessionEventBytes: 1024 * 1024,
};
