import type { JsonObject } from "../../src/domain/json.ts";
import { Following } from "../../src/upstream/following.ts";
import { FakeConnection } from "./fake-connection.ts";
import { NEVER, SILENT } from "./mcp-upstream.ts";

/** A place where resources are followed, over a made-up connection, which keeps what it tells. */
export class FollowingBench {
  readonly connection = new FakeConnection();
  readonly updates: (readonly [string, JsonObject, readonly string[]])[] = [];
  readonly logged: string[] = [];
  /** How often a connection was wanted. */
  opened = 0;
  open: () => Promise<FakeConnection> = async () => this.connection;
  retryInMs = 0;
  readonly following = new Following({
    server: "up",
    logger: { ...SILENT, warn: (message) => this.logged.push(message) },
    followMs: 1_000,
    retryInMs: () => this.retryInMs,
    open: () => {
      this.opened += 1;
      return this.open();
    },
    onUpdated: (uri, params, scopes) => this.updates.push([uri, params, scopes]),
  });

  follow(uri: string, scope: string): Promise<void> {
    return this.following.follow(uri, scope, NEVER());
  }
}
