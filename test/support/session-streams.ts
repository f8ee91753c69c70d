import { expect } from "chai";

import { type EventId, parseEventId } from "../../src/mcp/event-id.ts";
import { SessionStreams } from "../../src/mcp/session-streams.ts";
import type { FakeConnection } from "./fake-connection.ts";

export const SHORT_LIMITS = { sessionEvents: 8, sessionEventBytes: 1_000, resumeMs: 30 };

/** For a call that must not be given up. */
export const never = (): void => expect.fail("the call was given up");
/** For an answer that is small enough to be kept. */
export const none = (): Buffer => expect.fail("nothing was to be kept instead");

export function streamsOf(protocolVersion = "2025-11-25"): SessionStreams {
  return new SessionStreams({ id: "one", protocolVersion }, SHORT_LIMITS);
}

export function idOf(connection: FakeConnection): EventId {
  return parseEventId(connection.lastId) ?? expect.fail(`no id in ${connection.text}`);
}

/** The client comes back over another connection. */
export function resume(
  streams: SessionStreams,
  connection: FakeConnection,
  next: FakeConnection,
): FakeConnection {
  expect(streams.resume(idOf(connection), next.response), "nothing is left").to.equal(true);
  return next;
}
