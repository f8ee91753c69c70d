import { authorize } from "../auth/auth.ts";
import { InvalidRequest } from "../domain/errors.ts";
import { type JsonObject, stringAt } from "../domain/json.ts";
import { Reply } from "../wire/reply.ts";
import type { FrontRequest } from "./front-request.ts";
import { LOG_LEVELS, isLogLevel } from "./log-levels.ts";
import type { SessionSubscriptions } from "./session-subscriptions.ts";
import type { Session } from "./session.ts";

export interface SessionMethodDeps {
  readonly sessionSubscriptions: SessionSubscriptions;
  /** Durable when it resolves. */
  readonly changeSession: (session: Session, change: { logLevel: string }) => Promise<void>;
  /** Tells all upstreams with which this client has connections of its own. */
  readonly notifyUpstreams: (scope: string, method: string, params: JsonObject) => void;
}

type SessionMethod = (request: FrontRequest, deps: SessionMethodDeps) => Promise<Reply>;

/** What a 2025 client asks for its whole session. 2026 clients say it with every request, or open a stream. */
export const SESSION_METHODS: Readonly<Record<string, SessionMethod>> = {
  "logging/setLevel": setLevel,
  "resources/subscribe": subscribe,
  "resources/unsubscribe": unsubscribe,
};

async function setLevel(request: FrontRequest, deps: SessionMethodDeps): Promise<Reply> {
  const { level } = request.params;
  if (!isLogLevel(level)) throw new InvalidRequest(`params.level must be one of: ${LOG_LEVELS.join(", ")}.`);
  await deps.changeSession(sessionOf(request), { logLevel: level });
  return done();
}

async function subscribe(request: FrontRequest, deps: SessionMethodDeps): Promise<Reply> {
  authorize(request.identity, "resource:read");
  await deps.sessionSubscriptions.subscribe(sessionOf(request), uriOf(request));
  return done();
}

async function unsubscribe(request: FrontRequest, deps: SessionMethodDeps): Promise<Reply> {
  authorize(request.identity, "resource:read");
  await deps.sessionSubscriptions.unsubscribe(sessionOf(request), uriOf(request));
  return done();
}

function uriOf({ params }: FrontRequest): string {
  const uri = stringAt(params, "uri");
  if (uri === undefined) throw new InvalidRequest("params.uri must be the URI of a resource.");
  return uri;
}

function sessionOf({ session, method }: FrontRequest): Session {
  if (session === undefined) throw new InvalidRequest(`${method} needs a session.`);
  return session;
}

function done(): Reply {
  return Reply.of("result", {}, "2025");
}
