import { expect } from "chai";

import { type JsonObject, isJsonObject } from "../../src/domain/json.ts";
import { META } from "../../src/domain/protocol.ts";
import { TaskIds } from "../../src/mcp/task-ids.ts";
import { Reply } from "../../src/wire/reply.ts";
import { FrontHarness, tool } from "../support/mcp-front.ts";

const RELATED = "io.modelcontextprotocol/related-task";
const EXTENSION = { extensions: { "io.modelcontextprotocol/tasks": {} } };

interface Answer {
  readonly result: JsonObject;
  readonly error?: { readonly code: number; readonly message: string; readonly data?: JsonObject };
}

describe("tasks", () => {
  let harness: FrontHarness;
  /** What a gateway with the harness's key gives out. */
  const ids = new TaskIds(Buffer.alloc(32, 5));
  const idOf = (id: string, principal = "default/anna", server = "lab"): string =>
    ids.toPublic({ server, id }, principal);

  before(async () => {
    harness = await FrontHarness.start();
    const tasks = { cancel: {}, requests: { tools: { call: {} } } };
    await harness.offer("lab", {
      tools: [tool("dig", { execution: { taskSupport: "required" } })],
      resources: [{ uri: "shared://x", name: "x" }],
      capabilities: { tools: {}, tasks, ...EXTENSION },
    });
    await harness.offer("mail", { resources: [{ uri: "shared://x", name: "x" }] });
  });
  after(() => harness.close());
  beforeEach(() => {
    harness.calls.length = 0;
    harness.forwarded.length = 0;
    harness.forward = () => Reply.of("result", {}, "2025");
  });

  const legacy = async (method: string, params: JsonObject, path?: string): Promise<Answer> =>
    (await harness.legacy(method, params, path)) as unknown as Answer;
  const modern = async (
    method: string,
    params: JsonObject,
    capabilities: JsonObject = EXTENSION,
  ): Promise<Answer & { status: number }> => {
    const taskId = params["taskId"];
    const headers = typeof taskId === "string" ? { "mcp-name": taskId } : {};
    const _meta = { [META.clientCapabilities]: capabilities };
    const response = await harness.modern(method, { ...params, _meta }, headers);
    return { ...((await response.json()) as Answer), status: response.status };
  };

  it("are shown in lists as the upstream has them", async () => {
    const { result } = await legacy("tools/list", {});

    expect(result["tools"]).to.deep.equal([
      tool("dig", { name: "lab__dig", execution: { taskSupport: "required" } }),
    ]);
  });

  describe("of 2025-11-25", () => {
    const task = { taskId: "t 1", status: "working", ttl: null, createdAt: "x", lastUpdatedAt: "x" };

    it("begin with a call that asks for one, and get a public id", async () => {
      harness.answer = () => Reply.of("result", { task }, "2025");

      const { result } = await legacy("tools/call", { name: "lab__dig", task: { ttl: 5 } });

      expect(result).to.deep.equal({ task: { ...task, taskId: idOf("t 1") } });
      expect(harness.calls[0]?.extra).to.deep.equal({ task: { ttl: 5 } });
    });

    it("are asked after at the upstream under its own id, on the connection of the session", async () => {
      harness.forward = () => Reply.of("result", { ...task, status: "completed" }, "2025");

      const { result } = await legacy("tasks/get", { taskId: idOf("t 1"), own: 1 });

      expect(result).to.deep.equal({ ...task, status: "completed", taskId: idOf("t 1") });
      const [sent] = harness.forwarded;
      expect([sent?.server, sent?.method, sent?.params]).to.deep.equal([
        "lab",
        "tasks/get",
        { taskId: "t 1", own: 1 },
      ]);
      expect(sent?.context.scope).to.match(/^[\da-f-]{36}$/);
    });

    it("are cancelled at the upstream", async () => {
      harness.forward = () => Reply.of("result", { ...task, status: "cancelled" }, "2025");

      const { result } = await legacy("tasks/cancel", { taskId: idOf("t 1") });

      expect(result).to.include({ status: "cancelled", taskId: idOf("t 1") });
      expect(harness.forwarded[0]?.method).to.equal("tasks/cancel");
    });

    it("give their result for as long as a call may take at all", async () => {
      const content = [{ type: "resource_link", uri: "shared://x", name: "x" }];
      harness.forward = () =>
        Reply.of("result", { content, _meta: { [RELATED]: { taskId: "t 1" } } }, "2025");

      const { result } = await legacy("tasks/result", { taskId: idOf("t 1") });

      expect(result).to.deep.equal({
        content: [{ type: "resource_link", uri: "switchgear://lab/shared://x", name: "x" }],
        _meta: { [RELATED]: { taskId: idOf("t 1") } },
      });
      expect(harness.forwarded[0]?.context.timeoutMs).to.equal(Number.POSITIVE_INFINITY);
    });

    it("speak the server's own URIs on its own endpoint, with ids that hold on both", async () => {
      const content = [{ type: "resource_link", uri: "shared://x", name: "x" }];
      harness.forward = () => Reply.of("result", { content }, "2025");

      const { result } = await legacy("tasks/result", { taskId: idOf("t 1") }, "/mcp/s/lab");

      expect(result).to.deep.equal({ content });
    });

    it("send the upstream its own id wherever a client names the task", async () => {
      const _meta = { [RELATED]: { taskId: idOf("t 1") }, trace: "kept" };

      await legacy("tasks/get", { taskId: idOf("t 1"), _meta });

      expect(harness.forwarded[0]?.params).to.deep.equal({
        taskId: "t 1",
        _meta: { [RELATED]: { taskId: "t 1" }, trace: "kept" },
      });
    });

    it("pass an upstream's error on", async () => {
      const error = { code: -32602, message: "Cannot cancel task in terminal status: completed" };
      harness.forward = () => Reply.of("error", error, "2025");

      for (const method of ["tasks/get", "tasks/cancel", "tasks/result"])
        expect((await legacy(method, { taskId: idOf("t 1") })).error, method).to.deep.equal(error);
    });

    it("cannot be listed: the list would show those of others", async () => {
      expect((await legacy("tasks/list", {})).error?.code).to.equal(-32601);
    });

    it("are not updated", async () => {
      expect((await legacy("tasks/update", { taskId: idOf("t 1") })).error?.code).to.equal(-32601);
    });
  });

  describe("of 2026-07-28", () => {
    const task = { taskId: "t 1", status: "working", ttlMs: null, createdAt: "x", lastUpdatedAt: "x" };

    it("begin when the upstream says so, and get a public id", async () => {
      harness.answer = () => Reply.of("result", { resultType: "task", ...task }, "2026");

      const { result } = await modern("tools/call", { name: "lab__dig" });

      expect(result).to.deep.equal({ resultType: "task", ...task, taskId: idOf("t 1") });
    });

    it("show their state, with the result of a completed one under public URIs", async () => {
      const content = [{ type: "resource_link", uri: "shared://x", name: "x" }];
      harness.forward = () =>
        Reply.of(
          "result",
          { resultType: "complete", ...task, status: "completed", result: { content } },
          "2026",
        );

      const { result } = await modern("tasks/get", { taskId: idOf("t 1") });

      expect(result).to.include({ resultType: "complete", taskId: idOf("t 1"), status: "completed" });
      expect(JSON.stringify(result["result"])).to.contain("switchgear://lab/shared://x");
      expect(harness.forwarded[0]?.params).to.deep.equal({ taskId: "t 1" });
      expect(harness.forwarded[0]?.context.scope).to.equal("default/anna");
    });

    it("pass what they ask and what the client answers verbatim", async () => {
      const inputRequests = {
        name: { method: "elicitation/create", params: { message: "?", taskId: "own" } },
      };
      harness.forward = ({ method }) =>
        Reply.of(
          "result",
          method === "tasks/get" ? { ...task, status: "input_required", inputRequests } : {},
          "2026",
        );

      const asked = await modern("tasks/get", { taskId: idOf("t 1") });
      const inputResponses = { name: { action: "accept", content: { name: "Anna" } } };
      const updated = await modern("tasks/update", { taskId: idOf("t 1"), inputResponses });

      expect(asked.result["inputRequests"]).to.deep.equal(inputRequests);
      expect(harness.forwarded[1]?.params).to.deep.equal({ taskId: "t 1", inputResponses });
      expect(updated.result).to.deep.equal({ resultType: "complete" });
    });

    it("are cancelled with an empty answer", async () => {
      harness.forward = () => Reply.of("result", { resultType: "complete" }, "2026");

      expect((await modern("tasks/cancel", { taskId: idOf("t 1") })).result).to.deep.equal({
        resultType: "complete",
      });
    });

    it("are only for clients that say that they understand them", async () => {
      for (const method of ["tasks/get", "tasks/update", "tasks/cancel"]) {
        const { status, error } = await modern(method, { taskId: "made-up" }, {});

        expect([status, error?.code], method).to.deep.equal([400, -32021]);
        expect(error?.data).to.deep.equal({ requiredCapabilities: EXTENSION });
      }
      expect(harness.forwarded).to.deep.equal([]);
    });

    it("have no method for a result and no list", async () => {
      for (const method of ["tasks/result", "tasks/list"])
        expect((await modern(method, { taskId: idOf("t 1") })).status, method).to.equal(404);
    });
  });

  describe("that are not the caller's", () => {
    const strange = [
      idOf("t 1", "default/ben"),
      idOf("t 1", "other/anna"),
      `mail.${idOf("t 1").split(".").slice(1).join(".")}`,
      "lab.dDE.AAAAAAAAAAAAAAAAAAAAAA",
      "t 1",
      "",
    ];

    it("are not found, in either era and for every method", async () => {
      for (const taskId of strange) {
        for (const method of ["tasks/get", "tasks/cancel", "tasks/result"]) {
          const { error } = await legacy(method, { taskId });
          expect([error?.code, error?.message], taskId).to.deep.equal([-32602, "Task not found"]);
        }
        for (const method of ["tasks/get", "tasks/cancel", "tasks/update"])
          expect((await modern(method, { taskId })).error?.code, taskId).to.equal(-32602);
      }
      expect(harness.forwarded).to.deep.equal([]);
    });

    it("are not found on another server's own endpoint", async () => {
      const { error } = await legacy("tasks/get", { taskId: idOf("t 1") }, "/mcp/s/mail");

      expect(error?.code).to.equal(-32602);
    });

    it("are no task at all without an id", async () => {
      for (const taskId of [undefined, 7, null])
        expect((await legacy("tasks/get", { taskId })).error?.code).to.equal(-32602);
    });
  });

  it("are not for somebody who may not call tools", async () => {
    const headers = { authorization: "Bearer viewer:vera" };
    const session = await harness.initialize(headers);
    const response = await harness.post(
      { jsonrpc: "2.0", id: 1, method: "tasks/get", params: { taskId: idOf("t 1", "default/vera") } },
      { ...headers, "mcp-session-id": session },
    );

    const { error } = (await response.json()) as Answer;

    expect(error?.message).to.match(/may not/);
    expect(harness.forwarded).to.deep.equal([]);
  });

  it("are offered where an upstream has them", async () => {
    const initialized = async (path: string): Promise<JsonObject> => {
      const params = { protocolVersion: "2025-11-25", capabilities: {} };
      const response = await harness.post({ jsonrpc: "2.0", id: 1, method: "initialize", params }, {}, path);
      const { capabilities } = ((await response.json()) as Answer).result;
      return isJsonObject(capabilities) ? capabilities : {};
    };
    const offered = { cancel: {}, requests: { tools: { call: {} } } };

    expect((await initialized("/mcp"))["tasks"]).to.deep.equal(offered);
    expect((await initialized("/mcp/s/lab"))["tasks"]).to.deep.equal(offered);
    expect(await initialized("/mcp/s/mail")).to.not.have.property("tasks");
    expect((await modern("server/discover", {})).result["capabilities"]).to.deep.include(EXTENSION);
  });
});
