import { expect } from "chai";

import { Demo } from "../../src/demo/demo.ts";

const ENVELOPE = {
  "io.modelcontextprotocol/protocolVersion": "2026-07-28",
  "io.modelcontextprotocol/clientCapabilities": {},
};

interface Answer {
  readonly id?: unknown;
  readonly method?: string;
  readonly params?: Record<string, unknown>;
  readonly result?: Record<string, unknown>;
  readonly error?: { readonly code: number; readonly message: string; readonly data?: unknown };
}

/** All that the demo writes for one request. */
async function exchange(method: string, params: object = {}, id: unknown = 1): Promise<Answer[]> {
  return exchangeText(JSON.stringify({ jsonrpc: "2.0", id, method, params }));
}

async function exchangeText(line: string): Promise<Answer[]> {
  const written: Answer[] = [];
  const demo = new Demo((message) => written.push(message));
  await demo.receive(line);
  return written;
}

async function call(name: string, args: object = {}): Promise<Record<string, unknown>> {
  const [answer] = await exchange("tools/call", { name, arguments: args });
  return answer?.result ?? {};
}

const errorCode = (answers: readonly Answer[]) => answers[0]?.error?.code;

describe("Demo", () => {
  for (const version of ["2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"]) {
    it(`agrees to ${version}`, async () => {
      const [answer] = await exchange("initialize", { protocolVersion: version });

      expect(answer?.result?.["protocolVersion"]).to.equal(version);
    });
  }

  it("answers a version that it does not know with its newest", async () => {
    const [answer] = await exchange("initialize", { protocolVersion: "1999-01-01" });

    expect(answer?.result?.["protocolVersion"]).to.equal("2025-11-25");
  });

  it("is discovered by a client of 2026", async () => {
    const [answer] = await exchange("server/discover", { _meta: ENVELOPE });

    expect(answer?.result).to.deep.include({
      resultType: "complete",
      supportedVersions: ["2026-07-28"],
      cacheScope: "public",
    });
  });

  it("marks results of 2026 only", async () => {
    const [modern] = await exchange("tools/list", { _meta: ENVELOPE });
    const [legacy] = await exchange("tools/list");

    expect(modern?.result).to.include({ resultType: "complete", cacheScope: "public" });
    expect(legacy?.result).to.have.all.keys("tools");
  });

  it("refuses a version of the future and says what it supports", async () => {
    const meta = { ...ENVELOPE, "io.modelcontextprotocol/protocolVersion": "2031-01-01" };

    const [answer] = await exchange("tools/list", { _meta: meta });

    expect(answer?.error?.code).to.equal(-32022);
    expect(answer?.error?.data).to.deep.equal({ supported: ["2026-07-28"], requested: "2031-01-01" });
  });

  it("refuses an envelope without capabilities", async () => {
    const meta = { "io.modelcontextprotocol/protocolVersion": "2026-07-28" };

    expect(errorCode(await exchange("tools/list", { _meta: meta }))).to.equal(-32602);
  });

  for (const method of ["initialize", "ping"]) {
    it(`has no ${method} in 2026`, async () => {
      expect(errorCode(await exchange(method, { _meta: ENVELOPE }))).to.equal(-32601);
    });
  }

  for (const method of ["server/discover", "toString", "__proto__", "resources/subscribe"]) {
    it(`does not know the method ${method} in 2025`, async () => {
      expect(errorCode(await exchange(method))).to.equal(-32601);
    });
  }

  it("acknowledges a subscription and ends it, as nothing ever changes", async () => {
    const answers = await exchange("subscriptions/listen", {
      _meta: ENVELOPE,
      notifications: { toolsListChanged: true },
    });

    expect(answers[0]?.method).to.equal("notifications/subscriptions/acknowledged");
    expect(answers[0]?.params?.["notifications"]).to.deep.equal({});
    expect(answers[1]?.result?.["resultType"]).to.equal("complete");
  });

  for (const [name, args, problem] of [
    ["echo", {}, 'The argument "text" is missing.'],
    ["echo", { text: 1 }, 'The argument "text" must be a text.'],
    ["echo", { text: "x".repeat(100_001) }, 'The argument "text" must be at most 100000 characters long.'],
    ["add", { a: "1", b: 2 }, 'The argument "a" must be a number.'],
    ["add", { a: 1, b: 2, c: 3 }, 'There is no argument "c"; the arguments are "a", "b".'],
    [
      "add",
      JSON.parse('{"a":1,"b":2,"__proto__":3}') as object,
      'There is no argument "__proto__"; the arguments are "a", "b".',
    ],
    ["countdown", { steps: 1.5 }, 'The argument "steps" must be a whole number.'],
    ["countdown", { steps: 0 }, 'The argument "steps" must be from 1 to 100.'],
    ["countdown", { seconds: 1e9 }, 'The argument "seconds" must be from 0 to 60.'],
    [
      "now",
      { timezone: "Mars/Olympus" },
      '"Mars/Olympus" is not a known time zone; try "Europe/Paris" or "UTC".',
    ],
  ] as const) {
    it(`says of ${name}: ${problem}`, async () => {
      const result = await call(name, args);

      expect(result).to.deep.equal({ content: [{ type: "text", text: problem }], isError: true });
    });
  }

  it("tells the time in a zone", async () => {
    const result = await call("now", { timezone: "Asia/Tokyo" });

    const { local, utc, timezone } = result["structuredContent"] as Record<string, string>;
    const difference = Date.parse(`${local?.replace(" ", "T")}Z`) - Date.parse(utc ?? "");
    expect(timezone).to.equal("Asia/Tokyo");
    expect(Math.round(difference / 3_600_000)).to.equal(9);
  });

  it("tells the time in UTC when no zone is given", async () => {
    const result = await call("now");

    expect(result["structuredContent"]).to.include({ timezone: "UTC" });
  });

  it("rolls as many dice as it is asked to, within their sides", async () => {
    const result = await call("roll_dice", { count: 50, sides: 4 });

    const { rolls, total } = result["structuredContent"] as { rolls: number[]; total: number };
    expect(rolls).to.have.length(50);
    expect(rolls.every((roll) => roll >= 1 && roll <= 4 && Number.isInteger(roll))).to.equal(true);
    expect(total).to.equal(rolls.reduce((sum, roll) => sum + roll));
  });

  it("counts words, characters as people see them, and lines", async () => {
    const result = await call("word_count", { text: "héllo  👩‍👩‍👧\nworld" });
    const empty = await call("word_count", { text: "" });

    expect(result["structuredContent"]).to.deep.equal({ words: 3, characters: 14, lines: 2 });
    expect(empty["structuredContent"]).to.deep.equal({ words: 0, characters: 0, lines: 0 });
  });

  it("sends progress only to those who ask, with their token", async () => {
    const quiet = await exchange("tools/call", { name: "countdown", arguments: { steps: 2, seconds: 0 } });
    const asked = await exchange("tools/call", {
      name: "countdown",
      arguments: { steps: 2, seconds: 0 },
      _meta: { progressToken: "t" },
    });

    expect(quiet).to.have.length(1);
    expect(asked.map((each) => each.params)).to.deep.equal([
      { progressToken: "t", progress: 1, total: 2, message: "2 …" },
      { progressToken: "t", progress: 2, total: 2, message: "1 …" },
      undefined,
    ]);
  });

  it("gives a cancelled call no answer", async () => {
    const written: object[] = [];
    const demo = new Demo((message) => written.push(message));
    const params = { name: "countdown", arguments: { steps: 1, seconds: 60 } };
    const running = demo.receive(JSON.stringify({ jsonrpc: "2.0", id: 7, method: "tools/call", params }));

    await demo.receive('{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":7}}');
    await running;

    expect(written).to.deep.equal([]);
  });

  it("ends what runs when it is closed", async () => {
    const written: object[] = [];
    const demo = new Demo((message) => written.push(message));
    const params = { name: "countdown", arguments: { steps: 1, seconds: 60 } };
    const running = demo.receive(JSON.stringify({ jsonrpc: "2.0", id: 7, method: "tools/call", params }));

    demo.close();
    await running;

    expect(written).to.deep.equal([]);
  });

  for (const uri of ["demo://nothing", "demo://greeting/", "demo://greeting/a/b", "demo://greeting/%", ""]) {
    it(`has no resource "${uri}", and says so in the words of each era`, async () => {
      const [legacy] = await exchange("resources/read", { uri });
      const [modern] = await exchange("resources/read", { uri, _meta: ENVELOPE });

      expect(legacy?.error).to.deep.include({ code: -32002, data: { uri } });
      expect(modern?.error).to.deep.include({ code: -32602, data: { uri } });
    });
  }

  it("refuses an unknown prompt and one that lacks an argument", async () => {
    const unknown = await exchange("prompts/get", { name: "none" });
    const lacking = await exchange("prompts/get", { name: "explain", arguments: {} });

    expect(unknown[0]?.error).to.deep.include({ code: -32602, message: "Unknown prompt: none" });
    expect(lacking[0]?.error).to.deep.include({ code: -32602, message: 'The argument "topic" is missing.' });
  });

  it("suggests nothing for what it does not know", async () => {
    const [answer] = await exchange("completion/complete", {
      ref: { type: "ref/prompt", name: "none" },
      argument: { name: "x", value: "" },
    });

    expect(answer?.result).to.deep.equal({ completion: { values: [], total: 0, hasMore: false } });
  });

  it("suggests names for its template", async () => {
    const [answer] = await exchange("completion/complete", {
      ref: { type: "ref/resource", uri: "demo://greeting/{name}" },
      argument: { name: "name", value: "GR" },
    });

    expect(answer?.result).to.deep.equal({ completion: { values: ["Grace"], total: 1, hasMore: false } });
  });

  for (const [line, code] of [
    ["{", -32700],
    ["[]", -32600],
    ["12", -32600],
    ["{}", -32600],
    ['{"id":1,"method":5}', -32600],
  ] as const) {
    it(`answers ${line} with ${code} and no id`, async () => {
      const answers = await exchangeText(line);

      expect(answers).to.have.length(1);
      expect(answers[0]?.id).to.equal(null);
      expect(errorCode(answers)).to.equal(code);
    });
  }

  for (const line of [
    '{"jsonrpc":"2.0","method":"notifications/initialized"}',
    '{"jsonrpc":"2.0","method":"notifications/cancelled"}',
    '{"jsonrpc":"2.0","id":1,"result":{}}',
  ]) {
    it(`does not answer ${line}`, async () => {
      expect(await exchangeText(line)).to.deep.equal([]);
    });
  }

  it("survives params that are no object", async () => {
    expect(
      errorCode(await exchangeText('{"jsonrpc":"2.0","id":1,"method":"tools/call","params":[1]}')),
    ).to.equal(-32602);
  });
});
