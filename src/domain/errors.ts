import type { Executed } from "./outcome.ts";

/** Every failure a caller may see. `docs/errors.md` has a section for each; a test compares them both ways. */
export const ERROR_CODES = [
  "invalid_request",
  "invalid_arguments",
  "unauthenticated",
  "forbidden",
  "host_not_allowed",
  "origin_not_allowed",
  "not_found",
  "server_not_found",
  "profile_not_found",
  "tool_not_found",
  "tool_not_read_only",
  "resource_not_found",
  "prompt_not_found",
  "session_not_found",
  "method_not_allowed",
  "unsupported_media_type",
  "not_acceptable",
  "payload_too_large",
  "conflict",
  "idempotency_conflict",
  "outcome_unknown",
  "answer_not_kept",
  "precondition_failed",
  "managed_by_config",
  "config_invalid",
  "needs_input",
  "upstream_unavailable",
  "upstream_auth_required",
  "upstream_rejected",
  "upstream_timeout",
  "upstream_error",
  "upstream_broken",
  "upstream_reply_too_large",
  "upstream_protocol_error",
  "upstream_busy",
  "crash_loop",
  "circuit_open",
  "interaction_unsupported",
  "invalid_request_state",
  "question_expired",
  "egress_denied",
  "cancelled",
  "storage_unavailable",
  "search_unavailable",
  "shutting_down",
  "overloaded",
  "rate_limited",
  "internal",
] as const;
export type ErrorCode = (typeof ERROR_CODES)[number];

/** One thing that the reader can do about a failure. */
export interface Fix {
  readonly label: string;
  readonly command?: string;
  readonly href?: string;
}

export interface ErrorOptions {
  readonly cause?: unknown;
  /** Facts that a program may use; never a secret. */
  readonly details?: Readonly<Record<string, unknown>>;
  readonly fix?: readonly Fix[];
  /** Whether the same request may succeed later without a change. */
  readonly retryable?: boolean;
  readonly retryAfterMs?: number;
  /** Set on every failure of a call that was routed to an upstream. */
  readonly executed?: Executed;
}

/** The only kind of error that is thrown on purpose. The message is a sentence that the caller may read. */
export class GatewayError extends Error {
  readonly code: ErrorCode;
  readonly details: Readonly<Record<string, unknown>>;
  readonly fix: readonly Fix[];
  readonly retryable: boolean;
  readonly retryAfterMs: number | undefined;
  readonly executed: Executed | undefined;

  constructor(code: ErrorCode, message: string, options: ErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.code = code;
    this.details = options.details ?? {};
    this.fix = options.fix ?? [];
    this.retryable = options.retryable ?? false;
    this.retryAfterMs = options.retryAfterMs;
    this.executed = options.executed;
  }
}

/** `issues` name each bad field: path like `mcpServers.github.url`, and what was expected. */
export class InvalidRequest extends GatewayError {
  readonly issues: readonly { readonly path: string; readonly message: string }[];

  constructor(
    message: string,
    issues: readonly { readonly path: string; readonly message: string }[] = [],
    options: ErrorOptions = {},
  ) {
    super("invalid_request", message, options);
    this.issues = issues;
  }
}

export class Unauthenticated extends GatewayError {
  constructor(message = "This request carries no valid API key.") {
    super("unauthenticated", message, {
      fix: [
        {
          label: "Send 'Authorization: Bearer <api key>'; create a key with this command",
          command: "switchgear key create --role user",
        },
      ],
    });
  }
}

export class Forbidden extends GatewayError {
  constructor(subject: string, action: string, needed: string) {
    super("forbidden", `"${subject}" may not ${action}: the role "${needed}" is needed.`, {
      details: { action, needed_role: needed },
    });
  }
}

export class ServerNotFound extends GatewayError {
  constructor(server: string) {
    super("server_not_found", `No server named "${server}" is registered.`, {
      details: { server },
      fix: [{ label: "List the servers", command: "switchgear ls" }],
    });
  }
}

export class ProfileNotFound extends GatewayError {
  /** `meant`: the profile whose name is nearest, if one is near. */
  constructor(profile: string, meant?: string) {
    super("profile_not_found", `No profile named "${profile}" is in the config file.`, {
      details: { profile },
      fix: [
        meant === undefined
          ? { label: `Add profiles.${profile} to the config file, or use /mcp` }
          : { label: `Did you mean /mcp/p/${meant}?` },
      ],
    });
  }
}

export class ToolNotFound extends GatewayError {
  constructor(tool: string) {
    super("tool_not_found", `Unknown tool: ${tool}`, {
      details: { tool },
      executed: "not_executed",
      fix: [{ label: "Search the tools", command: `switchgear search ${JSON.stringify(tool)}` }],
    });
  }
}

export class Conflict extends GatewayError {
  constructor(message: string, options: ErrorOptions = {}) {
    super("conflict", message, options);
  }
}
