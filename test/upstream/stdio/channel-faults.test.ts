import { expect } from "chai";

import { UpstreamBroken, UpstreamUnavailable } from "../../../src/domain/upstream-errors.ts";
import { stillRunning, until } from "../../support/child-processes.ts";
import { rejection } from "../../support/refusal.ts";
import { StdioBench, textOf, toolCall } from "./stdio-bench.ts";

describe("a stdio child that fails in mid-call", function () {
  this.timeout(15_000);
  let bench: StdioBench;

  beforeEach(() => {
    bench = new StdioBench();
  });
  afterEach(() => bench.close());

  it("fails all waiting calls at once when the child dies, with its last words", async () => {
    const connection = await bench.tools();
    const waiting = [toolCall("silent"), toolCall("silent"), toolCall("die")];

    const errors = await Promise.all(waiting.map((each) => rejection(() => connection.call(each))));

    for (const error of errors) {
      expect(error).to.be.instanceOf(UpstreamBroken);
      expect(error.message).to.contain("exited with code 3").and.contain("may have been executed");
      expect(error.details["exit_code"]).to.equal(3);
      expect(error.details["stderr_tail"]).to.equal("fatal: the disk is on fire");
      expect(error.executed).to.equal("unknown");
    }
    expect(bench.closed).to.deep.equal(["the process exited with code 3"]);
  });

  it("fails the call when the child is killed in the middle of it", async () => {
    const connection = await bench.tools();

    const error = await rejection(() => connection.call(toolCall("kill9")));

    expect(error.code).to.equal("upstream_broken");
    expect(error.details["signal"]).to.equal("SIGKILL");
  });

  it("sends nothing to a child that is gone, and says so", async () => {
    const connection = await bench.tools();
    await rejection(() => connection.call(toolCall("kill9")));

    const error = await rejection(() => connection.call(toolCall("echo")));

    expect(error).to.be.instanceOf(UpstreamUnavailable);
    expect(error.executed).to.equal("not_executed");
  });

  it("reads the answer of a child that answers and dies", async () => {
    const connection = await bench.tools();

    const reply = await connection.call(toolCall("answer_and_die"));

    expect(textOf(reply.value)).to.equal("last words");
    await until("the death is noticed", () => bench.closed.length === 1);
  });

  it("notices a death although a grandchild holds stdout, and ends the grandchild", async () => {
    const connection = await bench.fixture("misbehaving-start", "grandchild-holds-stdout");
    const listed = await connection.call(toolCall("", {}, { method: "tools/list" }));
    const grandchild = listed.value["pid"] as number;
    expect(stillRunning([grandchild])).to.deep.equal([grandchild]);

    const error = await rejection(() => connection.call(toolCall("any")));

    expect(error.code).to.equal("upstream_broken");
    expect(error.details["exit_code"]).to.equal(5);
    await connection.close();
    expect(stillRunning([grandchild])).to.deep.equal([]);
  });

  it("gives up a child that closes its standard output", async () => {
    const connection = await bench.tools();

    const error = await rejection(() => connection.call(toolCall("close_stdout")));

    expect(error.code).to.equal("upstream_broken");
    await connection.close();
    expect(stillRunning([connection.pid])).to.deep.equal([]);
  });

  it("ignores garbage between messages, keeps it for people and logs it once", async () => {
    const connection = await bench.tools();

    const reply = await connection.call(toolCall("garbage"));

    expect(textOf(reply.value)).to.equal("after the garbage");
    expect(connection.stderrTail).to.contain("[stdout] Loading the model, please wait ...");
    expect(connection.stderrTail).to.contain("[stdout] [1, 2, 3");
    expect(bench.logged).to.have.length(1);
  });

  for (const tool of ["broken_answer", "no_version", "bad_utf8"]) {
    it(`fails only the call whose answer cannot be read: ${tool}`, async () => {
      const connection = await bench.tools();
      const calling = connection.call(toolCall(tool));

      const error = await rejection(() => calling);
      const next = await connection.call(toolCall("echo", { n: 1 }));

      expect(error.code).to.equal("upstream_protocol_error");
      expect(error.executed).to.equal("unknown");
      expect(textOf(next.value)).to.equal('{"n":1}');
    });
  }

  it("drops an answer that nobody waits for", async () => {
    const connection = await bench.tools();

    const reply = await connection.call(toolCall("wrong_id"));

    expect(textOf(reply.value)).to.equal("the right one");
  });

  it("accepts its id as text, as sloppy servers send it", async () => {
    const connection = await bench.tools();

    const reply = await connection.call(toolCall("id_as_text"));

    expect(reply.value).to.deep.equal({ content: [] });
  });

  it("gives an error without an id to the only call that waits", async () => {
    const connection = await bench.tools();

    const reply = await connection.call(toolCall("no_id"));

    expect(reply.value).to.deep.equal({ code: -32700, message: "Parse error" });
  });

  it("reads messages that come in one array", async () => {
    const connection = await bench.tools();

    const reply = await connection.call(toolCall("batch"));

    expect(reply.value).to.deep.equal({ content: [] });
    expect(bench.notifications.map(({ method }) => method)).to.deep.equal([
      "notifications/tools/list_changed",
    ]);
  });

  it("fails all waiting calls and ends the child when a line never ends", async () => {
    const connection = await bench.tools({ limits: { replyBytes: 1024 * 1024 } });
    const before = process.memoryUsage.rss();

    const errors = await Promise.all(
      [toolCall("silent"), toolCall("huge_line")].map((each) => rejection(() => connection.call(each))),
    );

    expect(errors.map((error) => error.code)).to.deep.equal([
      "upstream_reply_too_large",
      "upstream_reply_too_large",
    ]);
    expect(errors[0]?.executed).to.equal("unknown");
    expect(process.memoryUsage.rss() - before).to.be.below(50 * 1024 * 1024);
    await connection.close();
    expect(stillRunning([connection.pid])).to.deep.equal([]);
    expect(bench.closed).to.deep.equal(["one message is longer than 1048576 bytes"]);
  });

  for (const tool of ["flood_stderr", "flood_stdout"]) {
    it(`serves others while a child floods: ${tool}`, async () => {
      const flooding = await bench.tools();
      const quiet = await bench.tools();
      const flood = flooding.call(toolCall(tool));
      await quiet.call(toolCall("echo"));

      const started = performance.now();
      for (let i = 0; i < 50; i++) await quiet.call(toolCall("echo"));
      const perCallMs = (performance.now() - started) / 50;

      expect(textOf((await flood).value)).to.equal("still here");
      expect(perCallMs).to.be.below(40);
      expect(Buffer.byteLength(flooding.stderrTail)).to.be.at.most(64 * 1024);
    });
  }
});
