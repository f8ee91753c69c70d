import type { UpstreamCall } from "../../src/upstream/connection.ts";
import type { AnyConnection, SlotDeps } from "../../src/upstream/slot.ts";
import { Reply } from "../../src/wire/reply.ts";
import { withResolvers } from "../support/manual-clock.ts";
import { SILENT } from "./mcp-upstream.ts";

/** The least that can be connected to; what it is asked is answered when the test says so. */
export class FakeConnection implements AnyConnection {
  readonly era: "2025" | "2026";
  readonly capabilities = {};
  readonly serverInfo = {};
  readonly instructions = undefined;
  readonly calls: { call: UpstreamCall; answer: (reply: Reply) => void }[] = [];
  /** `+` for what was followed, `-` for what was not any more. */
  readonly follows: string[] = [];
  /** What it answers to `follow`; a test may hold it back, or refuse. */
  onFollow: (uri: string) => Promise<Reply> = async () => Reply.of("result", {}, "2025");
  closed = 0;

  constructor(era: "2025" | "2026" = "2025") {
    this.era = era;
  }

  call(call: UpstreamCall): Promise<Reply> {
    const { promise, resolve } = withResolvers<Reply>();
    this.calls.push({ call, answer: resolve });
    return promise;
  }
  notify(): void {}
  follow(uri: string): Promise<Reply> {
    this.follows.push(`+${uri}`);
    return this.onFollow(uri);
  }
  unfollow(uri: string): void {
    this.follows.push(`-${uri}`);
  }
  async close(): Promise<void> {
    this.closed += 1;
  }
}

/** What a slot needs, with nobody who listens. */
export function slotDeps(deps: Partial<SlotDeps> = {}): SlotDeps {
  return {
    server: "up",
    connectMs: 1_000,
    followMs: 1_000,
    logger: SILENT,
    retryInMs: () => 0,
    connect: () => new Promise(() => undefined),
    onNotification: () => {},
    onRequest: async () => Reply.of("result", {}, "2025"),
    onUpdated: () => {},
    onConnecting: () => {},
    onConnected: () => {},
    onFailed: () => {},
    onEnded: () => {},
    now: () => 0,
    ...deps,
  };
}
