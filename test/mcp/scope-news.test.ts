import { expect } from "chai";

import type { JsonObject } from "../../src/domain/json.ts";
import { DEFAULT_LIMITS } from "../../src/domain/limits.ts";
import type { Endpoint } from "../../src/mcp/endpoint.ts";
import { ScopeNews } from "../../src/mcp/scope-news.ts";
import { Session } from "../../src/mcp/session.ts";
import { TaskIds } from "../../src/mcp/task-ids.ts";
import { Tasks } from "../../src/mcp/tasks.ts";
import { proves } from "../support/proves.ts";

const MESSAGE = "notifications/message";

/** A session that notes what is sent to it instead of sending it. */
class NotingSession extends Session {
  readonly sent: JsonObject[] = [];

  constructor(endpoint: Endpoint, logLevel?: string) {
    const about = { id: "s1", endpoint, principal: "default/anna", protocolVersion: "2025-11-25" };
    super(
      { ...about, capabilities: {}, clientInfo: {} },
      { logLevel, subscriptions: new Set() },
      { limits: DEFAULT_LIMITS, now: 0 },
    );
  }

  override send(message: string | Buffer): void {
    this.sent.push(JSON.parse(message.toString()) as JsonObject);
  }
}

describe("what upstreams say outside of calls", () => {
  const ids = new TaskIds(Buffer.alloc(32, 1));
  const publicId = ids.toPublic({ server: "mail", id: "t1" }, "default/anna");

  const newsFor = (session: NotingSession): ScopeNews =>
    new ScopeNews({ sessionOf: (id) => (id === session.id ? session : undefined), tasks: new Tasks(ids) });

  it("reaches the session whose connection it came on, with the server's name at a log message", () => {
    proves("logging.session");
    const session = new NotingSession({ kind: "all" });

    newsFor(session).tell("mail", "s1", MESSAGE, { level: "info", logger: "db", data: "x" });

    expect(session.sent).to.deep.equal([
      { jsonrpc: "2.0", method: MESSAGE, params: { level: "info", logger: "mail/db", data: "x" } },
    ]);
  });

  it("is verbatim on the server's own endpoint", () => {
    const session = new NotingSession({ kind: "server", server: "mail" });

    newsFor(session).tell("mail", "s1", MESSAGE, { level: "info", logger: "db", data: "x" });

    expect(session.sent[0]?.["params"]).to.deep.equal({ level: "info", logger: "db", data: "x" });
  });

  it("leaves out log messages that are less severe than the client wants", () => {
    const session = new NotingSession({ kind: "all" }, "warning");
    const news = newsFor(session);

    for (const level of ["debug", "info", "warning", "emergency", "loud"])
      news.tell("mail", "s1", MESSAGE, { level, data: "x" });

    const levels = session.sent.map(({ params }) => (params as JsonObject)["level"]);
    expect(levels).to.deep.equal(["warning", "emergency"]);
  });

  it("names tasks by their public ids", () => {
    const session = new NotingSession({ kind: "all" });
    const news = newsFor(session);
    const related = (taskId: string): JsonObject => ({ "io.modelcontextprotocol/related-task": { taskId } });

    news.tell("mail", "s1", "notifications/tasks/status", { taskId: "t1", status: "working" });
    news.tell("mail", "s1", MESSAGE, { level: "info", data: "x", _meta: related("t1") });

    expect(session.sent.map(({ params }) => params)).to.deep.equal([
      { taskId: publicId, status: "working" },
      { level: "info", data: "x", logger: "mail", _meta: related(publicId) },
    ]);
  });

  it("says when a question at a URL is done", () => {
    const session = new NotingSession({ kind: "all" });

    newsFor(session).tell("mail", "s1", "notifications/elicitation/complete", { elicitationId: "e1" });

    expect(session.sent).to.deep.equal([
      { jsonrpc: "2.0", method: "notifications/elicitation/complete", params: { elicitationId: "e1" } },
    ]);
  });

  it("is dropped when it concerns no client, or nobody knows what it is", () => {
    const session = new NotingSession({ kind: "all" });
    const news = newsFor(session);

    news.tell("mail", "s1", "notifications/progress", { progressToken: 1, progress: 1 });
    news.tell("mail", "s1", "notifications/tools/list_changed", {});
    news.tell("mail", "s1", "notifications/own", {});
    news.tell("mail", "default/anna", MESSAGE, { level: "info", data: "x" });

    expect(session.sent).to.deep.equal([]);
  });
});
