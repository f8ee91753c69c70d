import type { Readable, Writable } from "node:stream";

import type { Config, Environment } from "../config/config.ts";
import type { Logger } from "../observability/logger.ts";

/** A gateway in this process. */
export interface RunningGateway {
  /** `http://127.0.0.1:4470`, with the port that it really listens on. */
  readonly url: string;
  /** The administrator's key that was created just now, at the very first start. */
  readonly adminKey?: string | undefined;
  /** The key for programs of this user on this machine; valid as long as the process. */
  readonly localKey: string;
  /** Lets calls in flight end, within the drain time. */
  close(): Promise<void>;
}

export interface StartOptions {
  readonly logger: Logger;
  /** Make the first administrator's key if there is none yet; for those who show it. */
  readonly firstKey?: boolean;
}

/** All that the command line has of the world. */
export interface CliDeps {
  readonly env: Environment;
  readonly cwd: string;
  readonly home: string;
  readonly platform: string;
  readonly stdin: Readable;
  readonly stdout: Writable;
  readonly stderr: Writable;
  /** Whether stdout is a terminal. */
  readonly isTTY: boolean;
  /** Rejects with EADDRINUSE (as its code, or its cause's) when the port is taken. */
  readonly startGateway: (config: Config, options: StartOptions) => Promise<RunningGateway>;
  readonly version: string;
  /** The words that start this program from anywhere: Node and the path of its main file. */
  readonly launch: readonly [string, ...string[]];
  /** Aborted by the first SIGINT or SIGTERM. */
  readonly stop: AbortSignal;
  readonly fetch?: typeof fetch;
}
