import { expect } from "chai";

import { ToolNotFound } from "../../src/domain/errors.ts";
import { endCall, endParked, failCall } from "../../src/mcp/call-records.ts";
import { Reply } from "../../src/wire/reply.ts";
import { CallLab } from "../support/call-log.ts";
import { Client, complete, retry } from "./questions/front-requests.ts";

const ALL = { tenant: "default" };
const question = Reply.of("result", { resultType: "input_required", requestState: "swg1.x.y" }, "2026");

describe("the records of MCP calls", () => {
  let lab: CallLab;
  beforeEach(async () => {
    lab = await CallLab.open();
  });
  afterEach(() => lab.close());

  const outcomes = async () =>
    (await lab.log.list({ limit: 10 }, ALL)).map(({ tool, outcome }) => [tool, outcome]);

  it("end with their answer, also of calls that need no upstream", async () => {
    const record = lab.begin();
    record.tool = "";
    endCall(lab.log, new Client({ record }).request, complete("found"));

    expect(await outcomes()).to.deep.equal([["mail__send", "ok"]]);
  });

  it("keep what the proxy has said", async () => {
    const record = lab.begin();
    record.succeeded("tool_error");
    endCall(lab.log, new Client({ record }).request, complete("seems well"));

    expect(await outcomes()).to.deep.equal([["forecast", "tool_error"]]);
  });

  it("end with the failure of a call that did not come as far as the proxy", async () => {
    const record = lab.begin();
    record.tool = "";
    failCall(lab.log, new Client({ record }).request, new ToolNotFound("mail__send"));

    const [call] = await lab.log.list({ limit: 1 }, ALL);
    expect(call).to.include({
      tool: "mail__send",
      outcome: "not_sent",
      executed: "not_executed",
      code: "tool_not_found",
    });
  });

  it("of a call that waits for its user end when the call does", async () => {
    const record = lab.begin();
    const { request } = new Client({ record });
    endCall(lab.log, request, question);
    endParked(lab.log, request);
    expect(await outcomes()).to.deep.equal([]);

    record.succeeded("ok");
    endParked(lab.log, request);
    endParked(lab.log, request);
    endParked(undefined, request);
    endParked(lab.log, new Client().request);

    expect(await outcomes()).to.deep.equal([["forecast", "ok"]]);
  });

  it("are not written where calls are not recorded, or for a request of another kind", async () => {
    const { request } = new Client();
    endCall(lab.log, request, complete("x"));
    endCall(undefined, new Client({ record: lab.begin() }).request, complete("x"));
    failCall(lab.log, undefined, new ToolNotFound("x"));

    expect(await outcomes()).to.deep.equal([]);
  });

  it("of the request that brings the answers end with it, asked or done", async () => {
    for (const reply of [question, complete("done")])
      endCall(lab.log, retry("swg1.x.y", {}, { record: lab.begin() }).request, reply);

    expect((await outcomes()).map(([, outcome]) => outcome)).to.have.members(["asked", "ok"]);
  });
});
