import { expect } from "chai";

import { DECLINING, PLAIN, WILLING } from "../../support/asking-client.ts";
import { until } from "../../support/child-processes.ts";
import type { Json } from "../../support/mcp-clients.ts";
import { proves } from "../../support/proves.ts";
import { type Cell } from "./cell.ts";
import { type Row, expectOnce, expectText, newKey, textOf, withClient } from "./row.ts";

/** Calls a tool that asks, with a client that answers; what the client was asked, and the answer. */
async function callAndAnswer(
  cell: Cell,
  tool: string,
  args: Json = {},
): Promise<{ answer: Json; asked: readonly { method: string; params: Json }[]; key: string }> {
  const key = newKey();
  cell.willing.heard.clear();
  const answer = await cell.willing.callTool(cell.name(tool), { key, ...args });
  return { answer, asked: [...cell.willing.heard.questions], key };
}

/** A question may carry what its era adds (`_meta`, `mode`); what the server wrote must be there. */
function expectForm(question: { method: string; params: Json } | undefined, message: string): void {
  expect(question?.method).to.equal("elicitation/create");
  expect(question?.params).to.include({ message });
  expect(question?.params["requestedSchema"]).to.have.property("type", "object");
}

export const ASKING_ROWS: readonly Row[] = [
  {
    id: "elicit-form",
    title: "fills in a form that a tool asks for",
    merged: true,
    run: async (cell) => {
      proves(
        "ask.form",
        "ask.2025-2025",
        "ask.2025-2026",
        "ask.2026-2025",
        "ask.2026-2026",
        "once.asked",
        "stdio.questions",
      );
      const { answer, asked, key } = await callAndAnswer(cell, "ask_form");

      expectText(answer).to.equal('accept {"name":"my name"}');
      expect(asked).to.have.length(1);
      expectForm(asked[0], "What is your name?");
      expectOnce(cell, key);
    },
  },
  {
    id: "elicit-form-session-stream",
    title: "fills in a form that a server asks for on the session's own stream",
    impossible: ({ upstreamEra, wire }) => {
      if (upstreamEra === "2026") return "2026 has no requests of the server";
      if (wire === "2025-http") return undefined;
      return wire === "dual-http"
        ? "the fixture's SDK v2 half asks on the stream of the call only"
        : "stdio and SSE have one stream for everything";
    },
    run: async (cell) => {
      proves("ask.session");
      // The first call of a client: what carries the question must be there before it.
      await withClient(cell, WILLING, async (client) => {
        const key = newKey();
        const answer = await client.callTool(cell.name("ask_form"), { key, stream: "session" });

        expectText(answer).to.equal('accept {"name":"my name"}');
        expect(client.heard.questions).to.have.length(1);
        expectOnce(cell, key);
      });
    },
  },
  {
    id: "elicit-url",
    title: "sends its user to a page",
    merged: true,
    run: async (cell) => {
      proves("ask.url");
      const { answer, asked, key } = await callAndAnswer(cell, "ask_url");

      expectText(answer).to.equal("visited: accept");
      expect(asked).to.have.length(1);
      expect(asked[0]?.params).to.include({
        mode: "url",
        url: `https://example.com/confirm?call=${key}`,
        message: "Please confirm on the page.",
      });
      expectOnce(cell, key);
      if (cell.clientEra === "2026" || cell.upstreamEra === "2026") return;
      const { elicitationsComplete } = cell.willing.heard;
      await until("news of the end", () => elicitationsComplete.includes(`visit-${key}`), 2_000);
    },
  },
  {
    id: "sampling",
    title: "lends its model to a tool",
    merged: true,
    run: async (cell) => {
      proves("ask.sampling");
      const { answer, asked, key } = await callAndAnswer(cell, "ask_model");

      expectText(answer).to.equal("model: Paris, of course.");
      expect(asked).to.have.length(1);
      expect(asked[0]?.method).to.equal("sampling/createMessage");
      expect(asked[0]?.params).to.include({ maxTokens: 100 });
      expect(JSON.stringify(asked[0]?.params["messages"])).to.contain("What is the capital of France?");
      expectOnce(cell, key);
    },
  },
  {
    id: "roots",
    title: "tells a tool its roots",
    merged: true,
    run: async (cell) => {
      proves("ask.roots");
      const { answer, asked, key } = await callAndAnswer(cell, "ask_roots");

      const roots: unknown = JSON.parse(textOf(answer));
      expect(roots).to.deep.equal([
        { uri: "file:///home/ada/project", name: "project" },
        { uri: "file:///tmp/other" },
      ]);
      expect(asked.map(({ method }) => method)).to.deep.equal(["roots/list"]);
      expectOnce(cell, key);
    },
  },
  {
    id: "two-in-a-row",
    title: "answers one question after the other",
    merged: true,
    run: async (cell) => {
      proves("ask.in-a-row", "once.asked");
      const { answer, asked, key } = await callAndAnswer(cell, "ask_twice");

      expectText(answer).to.equal('accept {"name":"my name"} then accept {"color":"my color"}');
      expect(asked).to.have.length(2);
      expectForm(asked[0], "What is your name?");
      expectForm(asked[1], "What is your favourite color?");
      expectOnce(cell, key);
    },
  },
  {
    id: "two-at-once",
    title: "answers two questions that are asked at once",
    merged: true,
    run: async (cell) => {
      proves("ask.at-once", "once.asked");
      const { answer, asked, key } = await callAndAnswer(cell, "ask_both");

      expectText(answer).to.equal('accept {"name":"my name"} and Paris, of course.');
      expect(asked.map(({ method }) => method)).to.have.members([
        "elicitation/create",
        "sampling/createMessage",
      ]);
      expectOnce(cell, key);
    },
  },
  {
    id: "two-calls",
    title: "answers what two of its calls ask at the same time, each its own",
    run: async (cell) => {
      proves("ask.at-once", "call.isolation");
      const [first, second] = [newKey(), newKey()];
      cell.willing.heard.clear();

      const [form, model] = await Promise.all([
        cell.willing.callTool(cell.name("ask_form"), { key: first }),
        cell.willing.callTool(cell.name("ask_model"), { key: second }),
      ]);

      expectText(form).to.equal('accept {"name":"my name"}');
      expectText(model).to.equal("model: Paris, of course.");
      expect(cell.willing.heard.questions).to.have.length(2);
      expectOnce(cell, first);
      expectOnce(cell, second);
    },
  },
  {
    id: "own-questions",
    title: "is never asked what another client's call asks",
    impossible: ({ way }) => (way === "direct" ? "this is the gateway's to keep apart" : undefined),
    run: async (cell) => {
      proves("ask.own");
      await withClient(cell, WILLING, async (other) => {
        cell.willing.heard.clear();

        const [own, others] = await Promise.all([
          cell.willing.callTool(cell.name("ask_model"), { key: newKey() }),
          other.callTool(cell.name("ask_form"), { key: newKey() }),
        ]);

        expectText(own).to.equal("model: Paris, of course.");
        expectText(others).to.equal('accept {"name":"my name"}');
        expect(cell.willing.heard.questions.map(({ method }) => method)).to.deep.equal([
          "sampling/createMessage",
        ]);
        expect(other.heard.questions.map(({ method }) => method)).to.deep.equal(["elicitation/create"]);
      });
    },
  },
  {
    id: "declined",
    title: "declines a form, and the tool hears that it did",
    run: async (cell) => {
      proves("ask.declined");
      await withClient(cell, DECLINING, async (client) => {
        const key = newKey();
        const answer = await client.callTool(cell.name("ask_form"), { key });

        expectText(answer).to.equal("decline {}");
        expect(client.heard.questions).to.have.length(1);
        expectOnce(cell, key);
      });
    },
  },
  {
    id: "no-capability",
    title: "is told why a tool failed that needs what this client cannot do",
    merged: true,
    run: async (cell) => {
      proves("ask.lacking", "capabilities.caller");
      await withClient(cell, PLAIN, async (client) => {
        const key = newKey();
        const outcome = await client
          .callTool(cell.name("ask_form"), { key })
          .catch((error: unknown) => error as Error);

        const isFailure = outcome instanceof Error || outcome["isError"] === true;
        expect(isFailure, JSON.stringify(outcome)).to.equal(true);
        const said = outcome instanceof Error ? outcome.message : textOf(outcome);
        expect(said).to.match(/elicitation|capabilit/i);
        expect(cell.ledger.count(key, "started")).to.equal(1);
        expect(cell.ledger.count(key, "done")).to.equal(0);
      });
    },
  },
  {
    id: "prompt-asks",
    title: "answers what a prompt asks",
    merged: true,
    run: async (cell) => {
      proves("ask.elsewhere");
      cell.willing.heard.clear();
      const prompt = await cell.willing.request("prompts/get", { name: cell.name("asking") });

      const [message] = prompt["messages"] as readonly { content: Json }[];
      expect(message?.content["text"]).to.equal("Write about my topic.");
      expect(cell.willing.heard.questions).to.have.length(1);
    },
  },
  {
    id: "resource-asks",
    title: "answers what reading a resource asks",
    merged: true,
    run: async (cell) => {
      proves("ask.elsewhere");
      cell.willing.heard.clear();
      const uri = cell.uri("matrix://asking");
      const { contents } = (await cell.willing.request("resources/read", { uri })) as { contents: Json[] };

      expect(contents[0]).to.include({ uri, text: "read because my reason" });
      expect(cell.willing.heard.questions).to.have.length(1);
    },
  },
];
