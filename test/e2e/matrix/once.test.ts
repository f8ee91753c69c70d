import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { expect } from "chai";

import { type Gateway, startGateway } from "../../support/gateway.ts";
import { exchange } from "../../support/http-exchange.ts";
import { Ledger } from "../../support/ledger.ts";
import { type MatrixUpstream, type Wire, startMatrix } from "../../support/matrix-upstream.ts";
import type { Json } from "../../support/mcp-clients.ts";
import { proves } from "../../support/proves.ts";
import { type RawStream, openStream } from "../../support/raw-stream.ts";
import { JSON_HEADERS, headers2026, rpc } from "../messages.ts";
import { newKey } from "./row.ts";

const CAPABILITIES = { elicitation: { form: {}, url: {} } };
const ACCEPTED = { action: "accept", content: { name: "Ada" } };
const WIRES: readonly Wire[] = ["2025-stdio", "2025-http", "sse", "2026-http"];
const OF_2025 = WIRES.filter((wire) => wire !== "2026-http");

/**
 * On a 2025 wire a call is one request of the upstream, so it begins once and ends once. On a 2026 wire a question is the
 * answer of one request and the call goes on with another: there only its end is counted.
 */
describe("a call that asks is executed once, whatever becomes of its client", function () {
  this.timeout(30_000);

  let folder: string;
  let ledger: Ledger;
  let upstreams: readonly MatrixUpstream[] = [];
  let gateway: Gateway;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "switchgear-once-"));
    ledger = new Ledger(join(folder, "ledger.jsonl"));
    upstreams = await Promise.all(WIRES.map((wire) => startMatrix(wire, ledger.file)));
    gateway = await startGateway({
      mcpServers: Object.fromEntries(upstreams.map(({ wire, entry }) => [wire, entry])),
      gateway: { mode: "full", startup: { grace: "20s" } },
    });
  });

  after(async () => {
    const stopped = await gateway?.stop();
    await Promise.all(upstreams.map((upstream) => upstream.stop()));
    rmSync(folder, { recursive: true, force: true });

    expect(stopped, "what the gateway left behind").to.deep.equal({ code: 0, left: [] });
  });

  function expectOnce(wire: Wire, key: string): void {
    const events = ledger.linesOf(key).map(({ event }) => event);

    expect(ledger.count(key, "done"), events.join(", ")).to.equal(1);
    if (wire !== "2026-http") expect(ledger.count(key, "started"), events.join(", ")).to.equal(1);
  }

  describe("a client of 2026", () => {
    proves("once.dropped", "once.repeated", "ask.2026-2025", "ask.2026-2026", "ask.state");
    let lastId = 100;

    /** One request; every one has an id of its own, as the revision demands. */
    async function call(wire: Wire, key: string, more: Json = {}, name = "ask_form"): Promise<RawStream> {
      const meta = {
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientInfo": { name: "once", version: "1.0.0" },
        "io.modelcontextprotocol/clientCapabilities": CAPABILITIES,
      };
      const params = { name, arguments: { key }, ...more, _meta: meta };
      return await openStream(gateway.endpoint(wire), {
        method: "POST",
        body: rpc((lastId += 1), "tools/call", params),
        headers: { ...JSON_HEADERS, ...gateway.headers, ...headers2026("tools/call", name) },
      });
    }

    async function outcome(stream: RawStream): Promise<Json> {
      return await stream.message("an answer", (message) => "result" in message || "error" in message);
    }

    /** Asks, reads the question, and is gone; what the client keeps for its way back. */
    async function askAndLeave(wire: Wire, key: string, name?: string): Promise<Json> {
      const asking = await call(wire, key, {}, name);
      const { result } = (await outcome(asking)) as { result: Json };
      await asking.drop();
      expect(result, JSON.stringify(result)).to.have.property("resultType", "input_required");
      return result;
    }

    function answersTo({ inputRequests, requestState }: Json, answer: Json = ACCEPTED): Json {
      const keys = Object.keys(inputRequests as Json);
      const inputResponses = Object.fromEntries(keys.map((key) => [key, answer]));
      return { inputResponses, ...(requestState !== undefined && { requestState }) };
    }

    for (const wire of WIRES) {
      it(`of "${wire}" drops the connection after the question and comes back with the answer`, async () => {
        const key = newKey();
        const asked = await askAndLeave(wire, key);

        const answer = await outcome(await call(wire, key, answersTo(asked)));

        expect(answer).to.have.nested.property("result.content[0].text", 'accept {"name":"Ada"}');
        expectOnce(wire, key);
      });

      it(`of "${wire}" is asked twice, and drops the connection after each question`, async () => {
        const key = newKey();
        const first = await askAndLeave(wire, key, "ask_twice");
        const again = await call(wire, key, answersTo(first), "ask_twice");
        const second = ((await outcome(again)) as { result: Json }).result;
        await again.drop();
        const color = { action: "accept", content: { color: "blue" } };

        const answer = await outcome(await call(wire, key, answersTo(second, color), "ask_twice"));

        const text = 'accept {"name":"Ada"} then accept {"color":"blue"}';
        expect(answer).to.have.nested.property("result.content[0].text", text);
        expectOnce(wire, key);
      });
    }

    // A 2026 upstream sees every request that its client sends: whether it believes a state twice is its own affair.
    for (const wire of OF_2025) {
      it(`of "${wire}" sends its answer twice at the same time`, async () => {
        const key = newKey();
        const asked = await askAndLeave(wire, key);

        const streams = await Promise.all([1, 2].map(() => call(wire, key, answersTo(asked))));
        const answers = await Promise.all(streams.map(outcome));

        const texts = answers.map((answer) => JSON.stringify(answer));
        expect(texts.some((text) => text.includes('accept {\\"name\\":\\"Ada\\"}'))).to.equal(true);
        expect(texts.some((text) => text.includes("input_required"))).to.equal(false);
        expectOnce(wire, key);
      });

      it(`of "${wire}" sends its answer again after it was answered`, async () => {
        const key = newKey();
        const asked = await askAndLeave(wire, key);
        await outcome(await call(wire, key, answersTo(asked)));

        const again = await outcome(await call(wire, key, answersTo(asked)));

        expect(JSON.stringify(again)).not.to.contain("input_required");
        expectOnce(wire, key);
      });

      it(`of "${wire}" cannot answer a question with another's state, nor with one that was changed`, async () => {
        const [key, other] = [newKey(), newKey()];
        const asked = await askAndLeave(wire, key);
        const state = String(asked["requestState"]);
        const flipped = `${state.slice(0, -2)}${state.endsWith("AA") ? "BB" : "AA"}`;

        const foreign = await outcome(await call(wire, other, answersTo(asked)));
        const forged = await outcome(await call(wire, key, answersTo({ ...asked, requestState: flipped })));
        const answer = await outcome(await call(wire, key, answersTo(asked)));

        expect(foreign).to.have.nested.property("error.code", -32602);
        expect(forged).to.have.nested.property("error.code", -32602);
        expect(answer).to.have.nested.property("result.content[0].text", 'accept {"name":"Ada"}');
        expect(ledger.linesOf(other)).to.deep.equal([]);
        expectOnce(wire, key);
      });
    }
  });

  describe("a client of 2025-11-25", () => {
    proves("once.dropped", "once.repeated", "resume.missed", "ask.2025-2025", "ask.2025-2026");
    async function open(wire: Wire): Promise<Record<string, string>> {
      const headers = { ...JSON_HEADERS, ...gateway.headers };
      const clientInfo = { name: "once", version: "1.0.0" };
      const params = { protocolVersion: "2025-11-25", capabilities: CAPABILITIES, clientInfo };
      const opened = await exchange(gateway.endpoint(wire), { body: rpc(1, "initialize", params), headers });
      expect(opened.status, opened.text).to.equal(200);
      const session = {
        ...headers,
        "mcp-session-id": String(opened.headers["mcp-session-id"]),
        "mcp-protocol-version": "2025-11-25",
      };
      await exchange(gateway.endpoint(wire), {
        body: { jsonrpc: "2.0", method: "notifications/initialized" },
        headers: session,
      });
      return session;
    }

    function call(wire: Wire, key: string, headers: Record<string, string>): Promise<RawStream> {
      const params = { name: "ask_form", arguments: { key } };
      return openStream(gateway.endpoint(wire), {
        method: "POST",
        body: rpc(2, "tools/call", params),
        headers,
      });
    }

    function resume(wire: Wire, headers: Record<string, string>, lastEventId: string): Promise<RawStream> {
      const resuming = { ...headers, accept: "text/event-stream", "last-event-id": lastEventId };
      return openStream(gateway.endpoint(wire), { method: "GET", headers: resuming });
    }

    async function answer(wire: Wire, headers: Record<string, string>, question: Json): Promise<void> {
      const body = { jsonrpc: "2.0", id: question["id"], result: ACCEPTED };
      const { status, text } = await exchange(gateway.endpoint(wire), { body, headers });
      expect(status, text).to.equal(202);
    }

    for (const wire of WIRES) {
      it(`of "${wire}" loses its stream while a question is open, resumes it, and answers`, async () => {
        const key = newKey();
        const headers = await open(wire);
        const calling = await call(wire, key, headers);
        const question = await calling.question("elicitation/create");
        await calling.drop();

        const resumed = await resume(wire, headers, calling.lastEventId ?? "");
        await answer(wire, headers, question);
        const result = await resumed.answer(2);

        expect(result).to.have.nested.property("result.content[0].text", 'accept {"name":"Ada"}');
        expect(resumed.messages.filter((message) => "method" in message)).to.deep.equal([]);
        expectOnce(wire, key);
        await resumed.drop();
      });

      it(`of "${wire}" loses its stream before it reads the question, and is asked when it resumes`, async () => {
        const key = newKey();
        const headers = await open(wire);
        const calling = await call(wire, key, headers);
        await calling.question("elicitation/create");
        await calling.drop();

        const [primed = ""] = calling.eventIds;
        const resumed = await resume(wire, headers, primed);
        const question = await resumed.question("elicitation/create");
        await answer(wire, headers, question);
        const result = await resumed.answer(2);

        expect(result).to.have.nested.property("result.content[0].text", 'accept {"name":"Ada"}');
        expectOnce(wire, key);
        await resumed.drop();
      });

      it(`of "${wire}" answers while it has no stream, and finds the result when it resumes`, async () => {
        const key = newKey();
        const headers = await open(wire);
        const calling = await call(wire, key, headers);
        const question = await calling.question("elicitation/create");
        await calling.drop();

        await answer(wire, headers, question);
        await ledger.whenNoted(key, "done");
        const resumed = await resume(wire, headers, calling.lastEventId ?? "");
        const result = await resumed.answer(2);

        expect(result).to.have.nested.property("result.content[0].text", 'accept {"name":"Ada"}');
        expectOnce(wire, key);
        await resumed.drop();
      });

      it(`of "${wire}" answers its question twice`, async () => {
        const key = newKey();
        const headers = await open(wire);
        const calling = await call(wire, key, headers);
        const question = await calling.question("elicitation/create");

        await answer(wire, headers, question);
        await answer(wire, headers, question);
        const result = await calling.answer(2);

        expect(result).to.have.nested.property("result.content[0].text", 'accept {"name":"Ada"}');
        expectOnce(wire, key);
      });
    }
  });
});
