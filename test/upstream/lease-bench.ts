import { expect } from "chai";

import type { ClientSelf } from "../../src/upstream/connection.ts";
import { type Lease, type LeaseLaw, Leases } from "../../src/upstream/leases.ts";
import type { Caller } from "../../src/upstream/sharing.ts";
import { Slot } from "../../src/upstream/slot.ts";
import { Reply } from "../../src/wire/reply.ts";
import { settle } from "../support/manual-clock.ts";
import { FakeConnection, slotDeps } from "./fake-connection.ts";
import { toolCall } from "./mcp-upstream.ts";

const OK = Reply.of("result", {}, "2025");
export const ASKABLE: ClientSelf = { capabilities: { sampling: {} } };

export const callerOf = (scope: string, envelope?: ClientSelf): Caller => ({ scope, era: "2025", envelope });

/** Leases of made-up connections, in time that the test moves. */
export class LeaseBench {
  now = 0;
  readonly made: { slot: Slot; connection: FakeConnection; end: () => void }[] = [];
  readonly dropped: Slot[] = [];
  readonly leases: Leases;

  constructor(law: LeaseLaw) {
    this.leases = new Leases({
      ...law,
      create: () => this.#createSlot(),
      onDropped: (slot) => this.dropped.push(slot),
    });
  }

  has(scope: string): boolean {
    return this.leases.find(callerOf(scope), false) !== undefined;
  }

  take(scope: string, exclusive = false): Lease {
    return this.leases.take(callerOf(scope), exclusive) ?? expect.fail(`no room for ${scope}`);
  }

  /** Begins a call on a lease; gives the way to end it. */
  async use({ slot }: Lease): Promise<() => Promise<void>> {
    const call = slot.use(toolCall("a"));
    await settle();
    const { connection } = this.made.find((one) => one.slot === slot) ?? expect.fail("an unknown slot");
    const last = connection.calls.at(-1) ?? expect.fail("no call came");
    return async () => {
      last.answer(OK);
      await call;
    };
  }

  #createSlot(): Slot {
    const connection = new FakeConnection();
    let end = (): void => {};
    const slot = new Slot(
      slotDeps({
        connect: async (events) => {
          end = () => events.onClosed("it has ended");
          return connection;
        },
        now: () => this.now,
      }),
    );
    this.made.push({ slot, connection, end: () => end() });
    return slot;
  }
}
