import type { ErrorOptions } from "../../domain/errors.ts";
import { UpstreamBroken, UpstreamError } from "../../domain/upstream-errors.ts";
import type { HttpAnswer } from "../../wire/http-exchange.ts";

const MAX_RETRY_AFTER_MS = 24 * 60 * 60_000;

/** The session that the request was for is not known any more. Nothing was executed. */
export class SessionLost extends UpstreamError {
  constructor(server: string) {
    super("upstream_rejected", server, "rejected", `Upstream "${server}" has forgotten the session.`);
  }
}

/** An answer with a status that is not 2xx, and no JSON-RPC response to our request in it. */
export function refusal(server: string, answer: HttpAnswer): UpstreamError {
  const { status, headers } = answer;
  const details = { status };
  if (status >= 500) return new UpstreamBroken(server, `it answered with HTTP status ${status}`, { details });
  if (status < 400) {
    const message = `Upstream "${server}" answered with a redirect (HTTP status ${status}); redirects are not followed.`;
    return rejected("upstream_protocol_error", server, message, {
      details,
      fix: [{ label: "Set the server's url to the address that it redirects to" }],
    });
  }
  if (status === 401 || status === 403) {
    const message = `Upstream "${server}" refused the gateway's credentials (HTTP status ${status}).`;
    return rejected("upstream_auth_required", server, message, {
      details,
      fix: [{ label: 'Give the server an "Authorization" header that it accepts' }],
    });
  }
  if (status === 429) {
    const retryAfterMs = retryAfter(headers["retry-after"]);
    return new UpstreamError(
      "upstream_rejected",
      server,
      "rejected",
      `Upstream "${server}" is being asked too often.`,
      {
        details,
        ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
      },
    );
  }
  const reason = rpcMessage(answer.body);
  const message = `Upstream "${server}" rejected the request with HTTP status ${status}${reason === undefined ? "" : `: ${reason}`}.`;
  return rejected("upstream_rejected", server, message, { details });
}

/** True for a 404, and for what servers say instead that keep their sessions by hand. */
export function isSessionLost(answer: HttpAnswer): boolean {
  if (answer.status === 404) return true;
  if (answer.status !== 400) return false;
  const message = rpcMessage(answer.body);
  return message !== undefined && /session|not initialized/i.test(message);
}

/** The same request would be refused again. */
function rejected(
  code: "upstream_protocol_error" | "upstream_auth_required" | "upstream_rejected",
  server: string,
  message: string,
  options: ErrorOptions,
): UpstreamError {
  return new UpstreamError(code, server, "rejected", message, { retryable: false, ...options });
}

/** What a JSON-RPC error in a refusal says. Text of an upstream: short, and on one line. */
function rpcMessage(body: Buffer): string | undefined {
  if (body.length === 0 || body.length > 16_384) return undefined;
  try {
    const parsed = JSON.parse(body.toString("utf8")) as { error?: { message?: unknown } } | null;
    const message = parsed?.error?.message;
    return typeof message === "string" ? message.replaceAll(/\s+/g, " ").slice(0, 200) : undefined;
  } catch {
    return undefined;
  }
}

function retryAfter(value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  const ms = /^\d{1,9}$/.test(value) ? Number(value) * 1_000 : Date.parse(value) - Date.now();
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(ms, 0), MAX_RETRY_AFTER_MS);
}
