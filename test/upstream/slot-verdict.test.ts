import { expect } from "chai";

import { UpstreamError, UpstreamUnavailable } from "../../src/domain/upstream-errors.ts";
import { Slot } from "../../src/upstream/slot.ts";
import { rejection } from "../support/refusal.ts";
import { FakeConnection, slotDeps } from "./fake-connection.ts";
import { NEVER } from "./mcp-upstream.ts";

describe("what a Slot tells of its use and of a verdict", () => {
  it("is in use while its connection waits for an answer, though nobody has told it of the call", async () => {
    let now = 0;
    const connection: FakeConnection & { busy?: boolean } = new FakeConnection();
    const slot = new Slot(slotDeps({ connect: async () => connection, now: () => now }));
    await slot.open(NEVER());
    now += 5_000;
    expect([slot.inUse, slot.idleMs]).to.deep.equal([false, 5_000]);

    connection.busy = true;

    expect([slot.inUse, slot.idleMs]).to.deep.equal([true, 0]);
  });
  it("tells those who wait for it the verdict, and not the failure that brought it about", async () => {
    const verdict = new UpstreamError("crash_loop", "up", "not_sent", "It crashes.");
    let seen: string | undefined;
    const parked = new Slot(
      slotDeps({
        connect: () => Promise.reject(new UpstreamUnavailable("up", "it ended")),
        onFailed: ({ code }) => {
          seen = code;
        },
        verdict: () => verdict,
      }),
    );

    const error = await rejection(() => parked.open(NEVER()));

    expect(error).to.equal(verdict);
    expect(seen).to.equal("upstream_unavailable");
  });
});
