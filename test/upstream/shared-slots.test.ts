import { expect } from "chai";

import type { Era } from "../../src/domain/protocol.ts";
import { UpstreamUnavailable } from "../../src/domain/upstream-errors.ts";
import type { ClientSelf } from "../../src/upstream/connection.ts";
import { SharedSlots } from "../../src/upstream/shared-slots.ts";
import { Slot } from "../../src/upstream/slot.ts";
import { rejection } from "../support/refusal.ts";
import { FakeConnection, slotDeps } from "./fake-connection.ts";
import { NEVER } from "./mcp-upstream.ts";

const ASKABLE: ClientSelf = { capabilities: { elicitation: {} } };

describe("SharedSlots", () => {
  let now: number;
  let made: Era[];
  let connections: FakeConnection[];
  /** What a connection turns out to be for which this era was wanted. */
  let found: (wanted: Era) => Era;
  /** Of the attempts that failed: whether that matters to nobody. */
  let forgiven: boolean[];
  /** Ends the connection that was made last. */
  let end: (() => void) | undefined;
  let slots: SharedSlots;

  beforeEach(() => {
    now = 0;
    made = [];
    connections = [];
    forgiven = [];
    found = (wanted) => wanted;
  });
  afterEach(() => slots.close());

  function open(modern: "all" | "interactive" | "none", era: "auto" | "2025" | "2026" = "auto"): void {
    slots = new SharedSlots({
      modern,
      era,
      create: (wanted) => {
        made.push(wanted);
        return new Slot(
          slotDeps({
            connect: async (events) => {
              end = () => events.onClosed("it has ended");
              const connection = new FakeConnection(found(wanted));
              connections.push(connection);
              return connection;
            },
            onFailed: () => forgiven.push(slots.failed(wanted)),
            onConnected: (connection) => slots.connected(wanted, connection.era),
            now: () => now,
          }),
        );
      },
      now: () => now,
    });
  }

  const connect = (era: Era, envelope?: ClientSelf) => slots.of({ era, envelope }).open(NEVER());

  describe("where each era has a leg", () => {
    it("are one for each era of callers", async () => {
      open("all");

      await connect("2025");
      await connect("2026");
      await connect("2025", ASKABLE);

      expect(made).to.deep.equal(["2025", "2026"]);
      expect(slots.of({ era: "2025" })).to.equal(slots.all[0]);
      expect(slots.of({ era: "2026" })).to.equal(slots.all[1]);
    });

    it("are one where the upstream speaks only one", async () => {
      found = () => "2025";
      open("all");

      await connect("2026");
      await connect("2025");

      expect(connections).to.have.length(1);
      expect(slots.of({ era: "2026" })).to.equal(slots.of({ era: "2025" }));
    });
  });

  it("are one where there is nothing but 2025", async () => {
    open("none");

    await connect("2026", ASKABLE);
    await connect("2025");

    expect(made).to.deep.equal(["2025"]);
  });

  describe("where a connection is dear", () => {
    it("are one for all that cannot be asked, of whatever era", async () => {
      open("interactive");

      await connect("2025");
      await connect("2026");
      await connect("2026", { capabilities: {} });
      await connect("2025", ASKABLE);

      expect(made).to.deep.equal(["2025"]);
    });

    it("are another one for 2026 callers that can, if the upstream speaks 2026", async () => {
      open("interactive");
      await connect("2025");

      await connect("2026", ASKABLE);
      await connect("2026", { capabilities: { roots: {} } });

      expect(made).to.deep.equal(["2025", "2026"]);
      expect(connections.map(({ closed }) => closed)).to.deep.equal([0, 0]);
    });

    it("are the one that turned out to be of 2026 anyway", async () => {
      found = () => "2026";
      open("interactive");
      await connect("2025");

      await connect("2026", ASKABLE);

      expect(made).to.deep.equal(["2025"]);
    });

    it("are not asked for 2026 where the operator has said what it is", async () => {
      for (const era of ["2025", "2026"] as const) {
        open("interactive", era);
        slots.of({ era: "2026", envelope: ASKABLE });
      }

      expect(made).to.deep.equal(["2025", "2025"]);
    });

    it("close the one that was to be of 2026 and is not", async () => {
      found = () => "2025";
      open("interactive");
      await connect("2025");

      await connect("2026", ASKABLE);

      expect(connections.map(({ closed }) => closed)).to.deep.equal([0, 1]);
      expect(slots.all).to.have.length(1);
      expect(slots.of({ era: "2026", envelope: ASKABLE })).to.equal(slots.of({ era: "2025" }));
    });

    it("begin with the one of 2025: whether there is another is tried when that one works", async () => {
      open("interactive");

      expect((await connect("2026", ASKABLE)).era).to.equal("2025");
      expect((await connect("2026", ASKABLE)).era).to.equal("2026");

      expect(made).to.deep.equal(["2025", "2026"]);
    });

    it("keep to the one of 2026 when the other has ended", async () => {
      open("interactive");
      await connect("2025");
      await connect("2026", ASKABLE);

      await slots.of({ era: "2025" }).close();

      expect(slots.of({ era: "2026", envelope: ASKABLE }).connection?.era).to.equal("2026");
    });

    it("make do with 2025 when the upstream ends at the first word of 2026", async () => {
      open("interactive");
      await connect("2025");
      found = () => {
        throw new UpstreamUnavailable("up", "the process exited with code 1");
      };

      expect(await rejection(() => connect("2026", ASKABLE))).to.have.property(
        "code",
        "upstream_unavailable",
      );

      expect(forgiven).to.deep.equal([true]);
      expect(slots.of({ era: "2026", envelope: ASKABLE })).to.equal(slots.of({ era: "2025" }));
      expect(slots.all).to.have.length(1);
    });

    it("take a failure seriously where 2026 was spoken before, or where nothing works", async () => {
      open("interactive");
      await connect("2025");
      await connect("2026", ASKABLE);
      const modern = slots.of({ era: "2026", envelope: ASKABLE });
      end?.();
      found = () => {
        throw new UpstreamUnavailable("up", "the process exited with code 1");
      };

      await rejection(() => connect("2026", ASKABLE));

      expect(forgiven).to.deep.equal([false]);
      expect(slots.of({ era: "2026", envelope: ASKABLE })).to.equal(modern);
      open("interactive");
      await rejection(() => connect("2026", ASKABLE));
      expect(forgiven).to.deep.equal([false, false]);
    });

    it("ask again after an hour, for programs are updated", async () => {
      found = () => "2025";
      open("interactive");
      await connect("2025");
      await connect("2026", ASKABLE);
      found = (wanted) => wanted;
      now = 59 * 60_000;
      await connect("2026", ASKABLE);
      expect(connections).to.have.length(2);
      now = 60 * 60_000;

      expect((await connect("2026", ASKABLE)).era).to.equal("2026");
    });
  });

  it("are all closed together", async () => {
    open("all");
    await connect("2025");
    await connect("2026");

    await slots.close();

    expect(connections.map(({ closed }) => closed)).to.deep.equal([1, 1]);
  });
});
