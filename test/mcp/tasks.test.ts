import { expect } from "chai";

import type { JsonObject } from "../../src/domain/json.ts";
import { TaskIds } from "../../src/mcp/task-ids.ts";
import { Tasks, knowsTasks, mayCreateTask } from "../../src/mcp/tasks.ts";
import { Reply } from "../../src/wire/reply.ts";
import { proves } from "../support/proves.ts";

const ANNA = "default/anna";
const RELATED = "io.modelcontextprotocol/related-task";

describe("task ids in messages", () => {
  const ids = new TaskIds(Buffer.alloc(32, 1));
  const tasks = new Tasks(ids);
  const publicId = ids.toPublic({ server: "mail", id: "t1" }, ANNA);
  const related = (taskId: string): JsonObject => ({ [RELATED]: { taskId }, other: 1 });
  const result = (value: JsonObject): Reply => Reply.of("result", value, "2025");

  describe("of a new task", () => {
    it("becomes public in the form of 2025-11-25", () => {
      const reply = result({ task: { taskId: "t1", status: "working", ttl: null }, _meta: related("t1") });

      const shown = tasks.created(reply, "mail", ANNA);

      expect(shown.value).to.deep.equal({
        task: { taskId: publicId, status: "working", ttl: null },
        _meta: related(publicId),
      });
    });

    it("becomes public in the form of 2026-07-28", () => {
      const reply = Reply.of("result", { resultType: "task", taskId: "t1", status: "working" }, "2026");

      const shown = tasks.created(reply, "mail", ANNA);

      expect(shown.value).to.deep.equal({ resultType: "task", taskId: publicId, status: "working" });
      expect(shown.era).to.equal("2026");
    });

    it("is not looked for in a result that is there at once, nor in an error", () => {
      const direct = Reply.of("result", { resultType: "complete", taskId: "t1", content: [] }, "2026");
      const inside = result({ content: [], structuredContent: { taskId: "t1", task: { taskId: "t1" } } });
      const error = Reply.of("error", { code: -32603, message: "x", data: { taskId: "t1" } }, "2025");
      const plain = result({ content: [] });

      for (const reply of [direct, inside, error, plain])
        expect(tasks.created(reply, "mail", ANNA)).to.equal(reply);
    });
  });

  it("become public in the state of a task", () => {
    const state = {
      taskId: "t1",
      status: "completed",
      result: { content: [], structuredContent: { taskId: "t1" } },
    };

    expect(tasks.state(state, "mail", ANNA)).to.deep.equal({ ...state, taskId: publicId });
    expect(tasks.state({ resultType: "complete" }, "mail", ANNA)).to.deep.equal({ resultType: "complete" });
  });

  it("become public in the _meta of a task's result, and nowhere else in it", () => {
    const reply = result({ content: [], structuredContent: { taskId: "t1" }, _meta: related("t1") });
    const without = result({ content: [{ type: "text", text: RELATED }] });

    expect(tasks.outcome(reply, "mail", ANNA).value).to.deep.equal({
      content: [],
      structuredContent: { taskId: "t1" },
      _meta: related(publicId),
    });
    expect(tasks.outcome(without, "mail", ANNA)).to.equal(without);
  });

  it("become public in notifications: of a status everywhere, of others in their _meta", () => {
    const status = { taskId: "t1", status: "working", _meta: related("t1") };
    const message = { level: "info", data: { taskId: "t1" }, taskId: "t1", _meta: related("t1") };

    expect(tasks.notification("notifications/tasks/status", status, "mail", ANNA)).to.deep.equal({
      taskId: publicId,
      status: "working",
      _meta: related(publicId),
    });
    expect(tasks.notification("notifications/message", message, "mail", ANNA)).to.deep.equal({
      ...message,
      _meta: related(publicId),
    });
  });

  it("become public in a question, and the upstream's own again in its answer", async () => {
    const { signal } = new AbortController();
    const question = { method: "elicitation/create", params: { message: "?", _meta: related("t1") }, signal };
    const asked: unknown[] = [];
    const answerer = tasks.answerer("mail", ANNA, async (shown) => {
      asked.push(shown);
      return result({ action: "accept", _meta: related(publicId) });
    });

    const reply = await answerer(question);

    expect(asked).to.deep.equal([
      { method: "elicitation/create", params: { message: "?", _meta: related(publicId) }, signal },
    ]);
    expect(reply.value).to.deep.equal({ action: "accept", _meta: related("t1") });
  });

  it("leave a question and an answer alone that belong to no task", async () => {
    const question = { method: "roots/list", params: {}, signal: new AbortController().signal };
    const answer = result({ roots: [] });
    const asked: unknown[] = [];

    const reply = await tasks.answerer("mail", ANNA, async (shown) => {
      asked.push(shown);
      return answer;
    })(question);

    expect(asked[0]).to.equal(question);
    expect(reply).to.equal(answer);
  });

  it("never become the own ones of another server, or of another caller", () => {
    proves("tasks.public");
    const params = { taskId: "x", _meta: related(publicId) };

    expect(tasks.request(params, "mail", ANNA)).to.deep.equal({ taskId: "x", _meta: related("t1") });
    expect(tasks.request(params, "files", ANNA)).to.deep.equal(params);
    expect(tasks.request(params, "mail", "default/ben")).to.deep.equal(params);
  });

  it("survive a malformed _meta", () => {
    for (const _meta of [null, [], "x", { [RELATED]: "t1" }, { [RELATED]: { taskId: 1 } }])
      expect(tasks.request({ _meta }, "mail", ANNA)).to.deep.equal({ _meta });
  });
});

describe("who may be answered with a task", () => {
  const capable = { extensions: { "io.modelcontextprotocol/tasks": {} } };

  it("is a 2025 client that asks for one with the call", () => {
    expect(mayCreateTask({ era: "2025", params: { task: {} }, envelope: undefined })).to.equal(true);
    expect(mayCreateTask({ era: "2025", params: {}, envelope: { capabilities: capable } })).to.equal(false);
  });

  it("is a 2026 client that said that it understands tasks", () => {
    expect(mayCreateTask({ era: "2026", params: {}, envelope: { capabilities: capable } })).to.equal(true);
    expect(mayCreateTask({ era: "2026", params: { task: {} }, envelope: { capabilities: {} } })).to.equal(
      false,
    );
    expect(mayCreateTask({ era: "2026", params: {}, envelope: undefined })).to.equal(false);
  });

  it("is nobody whose extensions are malformed", () => {
    for (const extensions of [null, "x", [], { "io.modelcontextprotocol/tasks": true }])
      expect(knowsTasks({ extensions })).to.equal(false);
  });
});
