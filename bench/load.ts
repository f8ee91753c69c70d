import type { HttpReply } from "./http-connection.ts";
import type { Job, JobMessage, Result, ResultMessage } from "./jobs.ts";
import { McpCaller, excerpt, isResult } from "./mcp-caller.ts";
import { Recorder } from "./recorder.ts";

type JobOf<K extends Job["kind"]> = Extract<Job, { kind: K }>;

function run(job: Job): Promise<Result> {
  switch (job.kind) {
    case "calls":
      return job.perSecond === undefined ? closedLoop(job) : openLoop(job, job.perSecond);
    case "sessions":
      return openSessions(job);
    case "list":
      return listTools(job);
  }
}

/** Each caller sends its next call when it has the answer to the last. */
async function closedLoop(job: JobOf<"calls">): Promise<Result> {
  const callers = await connectAll(job);
  const recorder = new Recorder(job.pid);
  let over = false;
  const loops = callers.map((caller) => loop(caller, job.tool, recorder, () => over));
  await sleep(job.warmMs);
  recorder.start();
  await sleep(job.measureMs);
  const result = recorder.stop();
  over = true;
  await Promise.all(loops);
  await Promise.all(callers.map((caller) => caller.close()));
  return result;
}

function loop(caller: McpCaller, tool: string, recorder: Recorder, isOver: () => boolean): Promise<void> {
  const call = callOf(caller, tool);
  return new Promise((resolve) => {
    let sentAt = 0;
    const send = (): void => {
      sentAt = performance.now();
      caller.send(call.next(), answered, failed);
    };
    const answered = (reply: HttpReply): void => {
      if (isResult(reply)) recorder.ok(performance.now() - sentAt);
      else recorder.failed(`${reply.status} ${excerpt(reply)}`);
      if (isOver()) resolve();
      else send();
    };
    const failed = (error: Error): void => {
      recorder.failed(error.message);
      resolve();
    };
    send();
  });
}

/** Calls begin at a steady pace; a call that finds no free connection waits, and its wait counts. */
async function openLoop(job: JobOf<"calls">, perSecond: number): Promise<Result> {
  const callers = await connectAll(job);
  const recorder = new Recorder(job.pid);
  const idle = callers.map((caller) => ({ caller, call: callOf(caller, job.tool) }));
  const waiting: number[] = [];
  const launch = (since: number): void => {
    const free = idle.pop();
    if (free === undefined) {
      waiting.push(since);
      return;
    }
    const finish = (): void => {
      idle.push(free);
      const next = waiting.shift();
      if (next !== undefined) launch(next);
    };
    const answered = (reply: HttpReply): void => {
      if (isResult(reply)) recorder.ok(performance.now() - since);
      else recorder.failed(`${reply.status} ${excerpt(reply)}`);
      finish();
    };
    free.caller.send(free.call.next(), answered, (error) => recorder.failed(error.message));
  };
  const startedAt = performance.now();
  let launched = 0;
  const pacer = setInterval(() => {
    const now = performance.now();
    const due = Math.floor(((now - startedAt) * perSecond) / 1_000);
    for (; launched < due; launched++) launch(now);
  }, 1);
  await sleep(job.warmMs);
  recorder.start();
  await sleep(job.measureMs);
  const result = recorder.stop();
  clearInterval(pacer);
  await sleep(200);
  await Promise.all(callers.map((caller) => caller.close()));
  return result;
}

async function openSessions(job: JobOf<"sessions">): Promise<Result> {
  const callers = await connectAll(job);
  const recorder = new Recorder(job.pid);
  let left = job.count - job.callers;
  const open = async (caller: McpCaller): Promise<void> => {
    while (left-- > 0) {
      const startedAt = performance.now();
      try {
        await caller.initialize();
        recorder.ok(performance.now() - startedAt);
      } catch (error) {
        recorder.failed(String(error));
      }
    }
  };
  await Promise.all(callers.map(open));
  const result = recorder.stop();
  for (const caller of callers) caller.abandon();
  return result;
}

async function listTools(job: JobOf<"list">): Promise<Result> {
  const caller = await McpCaller.connect(job.target);
  for (let n = 0; n < job.warm; n++) await caller.countTools();
  const recorder = new Recorder(job.pid);
  let items = 0;
  for (let n = 0; n < job.count; n++) {
    const startedAt = performance.now();
    items = await caller.countTools();
    recorder.ok(performance.now() - startedAt);
  }
  const result = recorder.stop({ items });
  await caller.close();
  return result;
}

function callOf(caller: McpCaller, tool: string): { next: () => Buffer } {
  return caller.prepare("tools/call", { name: tool, arguments: { message: "Is anybody there?" } });
}

function connectAll({ target, callers }: { target: Job["target"]; callers: number }): Promise<McpCaller[]> {
  return Promise.all(Array.from({ length: callers }, () => McpCaller.connect(target)));
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}

process.on("message", ({ number, job }: JobMessage) => {
  run(job).then(
    (result) => process.send?.({ number, result } satisfies ResultMessage),
    (error: unknown) => process.send?.({ number, error: String(error) } satisfies ResultMessage),
  );
});
process.on("disconnect", () => process.exit());
