import type { Limits } from "../../domain/limits.ts";
import type { Era } from "../../domain/protocol.ts";
import type { Logger } from "../../observability/logger.ts";
import type { ClientInfo } from "../client-params.ts";
import type { ClientSelf, EraSetting } from "../connection.ts";
import type { EraMemory } from "../http/era-memory.ts";
import type { StopPatience } from "./child.ts";
import type { Children } from "./children.ts";

/** How to start one child. Values are expanded already. */
export interface StdioPlan {
  readonly server: string;
  readonly command: string;
  readonly args: readonly string[];
  /** Declared variables. Of `baseEnv`, the gateway's own environment, the child sees only what every program needs. */
  readonly env: Readonly<Record<string, string>>;
  readonly baseEnv: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string | undefined;
  /** What the operator says of the program. */
  readonly era: EraSetting;
  /** The era that is asked for; used if the program speaks it. */
  readonly wanted: Era;
  readonly eras: EraMemory;
  readonly limits: Limits;
  /** The gateway's own; used unless `client` names another one. */
  readonly clientInfo: ClientInfo;
  /** What the program is told of those who will use the connection. */
  readonly client: ClientSelf;
  /** Whether callers with different log levels use it. */
  readonly shared: boolean;
  readonly logger: Logger;
  /** Among which the child is counted and looked after. */
  readonly children?: Children | undefined;
  /** How long a child is waited for that may never have heard of `server/discover`. */
  readonly silenceMs?: number | undefined;
  readonly patience?: StopPatience | undefined;
}
