import { setTimeout as wait } from "node:timers/promises";

import { expect } from "chai";

import type { ChangingList } from "../../fixtures/matrix/world.ts";
import { PLAIN, WILLING } from "../../support/asking-client.ts";
import { until } from "../../support/child-processes.ts";
import type { Json } from "../../support/mcp-clients.ts";
import { proves } from "../../support/proves.ts";
import { type Cell } from "./cell.ts";
import { type Row, expectText, newKey, withClient } from "./row.ts";

/** What did not come within this time does not come. */
const QUIET_MS = 150;
const CANCEL_MS = 1_000;

async function logsOf(
  cell: Cell,
  level: string | undefined,
  args: Json,
  answers = WILLING,
): Promise<unknown[]> {
  return await withClient(cell, answers, async (client) => {
    const key = newKey();
    if (level !== undefined) await client.setLevel(level);
    await client.callTool(cell.name("log"), { key, ...args });
    if (level !== undefined && client.era === "2025") {
      await until("the last message", () => client.heard.logs.some((log) => log["level"] === "error"), 2_000);
    } else await wait(QUIET_MS);
    // Only this call's: another client's messages would be a leak.
    expect(client.heard.logs.every((log) => String(log["data"]).endsWith(key))).to.equal(true);
    return client.heard.logs.map((log) => log["level"]);
  });
}

/** Changes the lists and changes them back; each time the client hears of every one of them, and sees what it heard of. */
async function changeLists(cell: Cell, lists: readonly ChangingList[], answers = PLAIN): Promise<void> {
  await withClient(cell, answers, async (client) => {
    await Promise.all(lists.map((list) => client.list(list)));
    // A 2025 client's own stream opens a moment after the client is connected.
    await wait(QUIET_MS);
    const shows = async (list: ChangingList): Promise<boolean> => {
      // Only one server shows it at a time, so its URI is never ambiguous.
      const [key, extra] = list === "resources" ? ["uri", "matrix://extra"] : ["name", cell.name("extra")];
      return (await client.list(list)).some((entry) => entry[key] === extra);
    };
    for (const wanted of [true, false]) {
      client.heard.clear();
      for (const list of lists) await client.callTool(cell.name("toggle"), { list });

      for (const list of lists) {
        await until(`news of ${list}`, () => client.heard.lists.includes(list), 5_000);
        const what = `the extra one of ${list} ${wanted ? "listed" : "gone"}`;
        await until(what, async () => (await shows(list)) === wanted, 5_000);
      }
    }
  });
}

export const LIVE_ROWS: readonly Row[] = [
  {
    id: "progress",
    title: "hears every progress event before the result",
    merged: true,
    run: async (cell) => {
      proves("progress.order");
      const events: Json[] = [];
      let isAnswered = false;

      const onprogress = (event: Json): void => void events.push({ ...event, late: isAnswered });
      await cell.willing.callTool(cell.name("progress"), { key: newKey() }, { onprogress });
      isAnswered = true;
      await wait(50);

      const expected = [1, 2, 3].map((progress) => ({
        progress,
        total: 3,
        message: `step ${progress}`,
        late: false,
      }));
      expect(events).to.deep.equal(expected);
    },
  },
  {
    id: "cancel",
    title: "cancels, and the server has heard of it within a second",
    run: async (cell) => {
      proves("cancel.upstream");
      const key = newKey();
      const leaving = new AbortController();
      const call = cell.willing
        .callTool(cell.name("slow"), { key }, { signal: leaving.signal })
        .catch((error: unknown) => error);
      await cell.ledger.whenNoted(key, "started");

      const at = Date.now();
      leaving.abort(new Error("the user has changed his mind"));

      expect(await call).to.be.an("error");
      await cell.ledger.whenNoted(key, "cancelled", CANCEL_MS + 500);
      const cancelled = cell.ledger.linesOf(key).find(({ event }) => event === "cancelled");
      expect((cancelled?.at ?? Infinity) - at).to.be.below(CANCEL_MS);
    },
  },
  {
    id: "cancel-elsewhere",
    title: "cancels one call, and its other call goes on",
    run: async (cell) => {
      proves("cancel.isolation");
      const [left, kept] = [newKey(), newKey()];
      const leaving = new AbortController();
      const cancelled = cell.willing
        .callTool(cell.name("slow"), { key: left }, { signal: leaving.signal })
        .catch((error: unknown) => error);
      const going = cell.willing.callTool(cell.name("slow"), { key: kept, ms: 300 });
      await Promise.all([left, kept].map((key) => cell.ledger.whenNoted(key, "started")));

      leaving.abort();

      expect(await cancelled).to.be.an("error");
      expectText(await going).to.equal("slow but done");
      expect(cell.ledger.count(kept, "cancelled")).to.equal(0);
    },
  },
  {
    id: "logging",
    title: "hears the log messages of its call from the level on that it set",
    merged: true,
    run: async (cell) => {
      proves("logging.level");
      expect(await logsOf(cell, "debug", {})).to.deep.equal(["debug", "info", "warning", "error"]);
    },
  },
  {
    id: "log-level",
    title: "hears no log message below the level that it set",
    run: async (cell) => {
      proves("logging.level");
      expect(await logsOf(cell, "warning", {})).to.deep.equal(["warning", "error"]);
    },
  },
  {
    id: "logging-plain",
    title: "hears the log messages of its call even if it can answer no questions",
    run: async (cell) => {
      proves("logging.level");
      expect(await logsOf(cell, "info", {}, PLAIN)).to.deep.equal(["info", "warning", "error"]);
    },
  },
  {
    id: "logging-session-stream",
    title: "hears log messages that a server sends on the session's own stream",
    impossible: ({ clientEra, upstreamEra, wire }) => {
      if (upstreamEra === "2026") return "2026 has no stream of the session";
      if (clientEra === "2026" && wire === "2025-http")
        return "a 2026 client hears what comes before its answer, and these two streams have no order";
      return wire === "dual-http"
        ? "the fixture's SDK v2 half logs on the stream of the call only"
        : undefined;
    },
    run: async (cell) => {
      proves("logging.session");
      expect(await logsOf(cell, "warning", { stream: "session" })).to.deep.equal(["warning", "error"]);
    },
  },
  {
    id: "no-log-level",
    title: "hears no log messages that it did not ask for",
    impossible: ({ clientEra }) =>
      clientEra === "2025"
        ? "what a 2025 server sends to a client without a level is its own choice"
        : undefined,
    run: async (cell) => {
      proves("logging.asked");
      expect(await logsOf(cell, undefined, {})).to.deep.equal([]);
    },
  },
  {
    id: "list-changed",
    title: "hears which lists have changed, and then lists what is new",
    merged: true,
    run: async (cell) => {
      proves("changed.told");
      await changeLists(cell, ["tools", "prompts", "resources"]);
    },
  },
  {
    id: "list-changed-asking",
    title: "hears that the tools have changed even if it can answer questions",
    run: async (cell) => {
      proves("changed.told");
      await changeLists(cell, ["tools"], WILLING);
    },
  },
  {
    id: "subscribe",
    title: "follows a resource, hears of its change, reads the new one, and then follows it no more",
    merged: true,
    run: async (cell) => {
      proves("subscriptions.2025", "subscriptions.2026");
      const { willing } = cell;
      const uri = cell.uri("matrix://watched");
      const version = async (): Promise<unknown> =>
        ((await willing.request("resources/read", { uri })) as { contents: Json[] }).contents[0]?.["text"];
      willing.heard.clear();

      const stop = await willing.follow(uri);
      const before = await version();
      await willing.callTool(cell.name("touch"), {});
      await until("news of the resource", () => willing.heard.updated.includes(uri), 5_000);

      expect(await version()).not.to.equal(before);
      await stop();
      await wait(100);
      willing.heard.clear();
      await willing.callTool(cell.name("touch"), {});
      await wait(QUIET_MS);
      expect(willing.heard.updated).to.deep.equal([]);
    },
  },
  {
    id: "subscribe-own",
    title: "hears nothing of a resource that only another client follows",
    run: async (cell) => {
      proves("subscriptions.private");
      await withClient(cell, WILLING, async (other) => {
        const uri = cell.uri("matrix://watched");
        const stop = await other.follow(uri);
        cell.willing.heard.clear();
        other.heard.clear();

        await other.callTool(cell.name("touch"), {});
        await until("news of the resource", () => other.heard.updated.includes(uri), 5_000);
        await wait(QUIET_MS);

        expect(cell.willing.heard.updated).to.deep.equal([]);
        await stop();
      });
    },
  },
];
