import { expect } from "chai";

import type { JsonObject } from "../../src/domain/json.ts";
import { META } from "../../src/domain/protocol.ts";
import { Reply } from "../../src/wire/reply.ts";
import { proves } from "../support/proves.ts";
import { AskingFront, type Messages } from "./questions/asking-front.ts";

const log = (level: string): [string, JsonObject] => ["notifications/message", { level, data: level }];

describe("what an upstream says during a call", () => {
  let asking: AskingFront;
  let said: [string, JsonObject][];
  before(async () => {
    asking = await AskingFront.start();
  });
  after(() => asking.close());
  beforeEach(() => {
    said = [log("debug"), log("warning"), log("error")];
    asking.upstream = ({ onNotification }) => {
      for (const [method, params] of said) onNotification?.(method, params);
      return Reply.of("result", { content: [] }, "2025");
    };
  });

  const heardIn = async (messages: Messages): Promise<unknown[]> =>
    (await messages.over()).flatMap(({ method, params }) =>
      method === undefined ? [] : [method === "notifications/message" ? params?.["level"] : method],
    );

  describe("to a 2025 client", () => {
    const setLevel = async (session: Record<string, string>, level: string): Promise<void> => {
      await (await asking.legacy(session, { level }, "logging/setLevel")).answer();
    };

    it("comes on the stream of its call, from the level on that it set", async () => {
      proves("logging.level");
      const session = await asking.session({});
      await setLevel(session, "warning");
      expect(await heardIn(await asking.legacy(session))).to.deep.equal(["warning", "error"]);
    });

    it("comes whatever its level when it set none", async () => {
      const session = await asking.session({});
      expect(await heardIn(await asking.legacy(session))).to.deep.equal(["debug", "warning", "error"]);
    });

    it("names the server that speaks where several do", async () => {
      const session = await asking.session({});
      const messages = await asking.legacy(session);
      const [first] = await messages.over();
      expect(first?.params).to.deep.equal({ level: "debug", data: "debug", logger: "mail" });
    });

    it("is nothing for a client that takes no stream", async () => {
      const session = { ...(await asking.session({})), accept: "application/json" };
      const messages = await asking.legacy(session);
      expect(await messages.over()).to.have.length(1);
    });

    it("includes news of tasks and of elicitations, and nothing that belongs to no call", async () => {
      said = [
        ["notifications/elicitation/complete", { elicitationId: "e" }],
        ["notifications/tasks/status", { taskId: "t", status: "working" }],
        ["notifications/tools/list_changed", {}],
        ["notifications/vendor", {}],
      ];
      const session = await asking.session({});
      expect(await heardIn(await asking.legacy(session))).to.deep.equal([
        "notifications/elicitation/complete",
        "notifications/tasks/status",
      ]);
    });
  });

  describe("to a 2026 client", () => {
    const heardAt = async (level: string | undefined): Promise<unknown[]> => {
      const meta = level === undefined ? {} : { [META.logLevel]: level };
      return heardIn(await asking.modern({ name: "mail__send" }, "tools/call", meta));
    };

    it("comes from the level on that its request names", async () => {
      expect(await heardAt("warning")).to.deep.equal(["warning", "error"]);
      expect(await heardAt("debug")).to.deep.equal(["debug", "warning", "error"]);
    });

    it("is nothing when its request names none", async () => {
      proves("logging.asked");
      expect(await heardAt(undefined)).to.deep.equal([]);
    });

    it("is nothing but log messages", async () => {
      said = [["notifications/elicitation/complete", { elicitationId: "e" }]];
      expect(await heardAt("debug")).to.deep.equal([]);
    });
  });
});
