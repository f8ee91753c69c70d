import { expect } from "chai";

import { GatewayError } from "../../../src/domain/errors.ts";
import type { FrontRequest } from "../../../src/mcp/front-request.ts";
import { ParkedCalls } from "../../../src/mcp/questions/parked-calls.ts";
import type { Reply } from "../../../src/wire/reply.ts";
import { failureOf } from "../../resilience/attempts.ts";
import { Client, accepted, complete, question, retry } from "./front-requests.ts";

const MIB = 1024 * 1024;

describe("the room for parked calls", () => {
  let parked: ParkedCalls;
  let runs: number;
  beforeEach(() => {
    runs = 0;
    parked = new ParkedCalls({ key: Buffer.alloc(32, 9), limits: { questionMs: 60_000 } });
  });
  afterEach(() => parked.close());

  const clientOf = (subject: string): Client =>
    new Client({ identity: { subject, tenant: "default", role: "user" } });

  /** Asks, and answers with what the user said and so many bytes besides. */
  const asking =
    (bytes = 0) =>
    async (request: FrontRequest): Promise<Reply> => {
      runs++;
      const said = await new Promise<Reply>((resolve, reject) => {
        const abort = (): void => reject(new GatewayError("cancelled", "cancelled"));
        request.signal.addEventListener("abort", abort);
        void request.onRequest?.(question("?", request.signal)).then(resolve);
      });
      return complete(`${said.kind}${" ".repeat(bytes)}`);
    };
  const start = (subject: string, bytes = 0): Promise<Reply> =>
    parked.run(clientOf(subject).request, asking(bytes));
  const stateIn = (reply: Reply): string => String(reply.value["requestState"]);
  const finish = (state: string, subject: string): Promise<Reply> =>
    parked.run(
      retry(state, { q1: accepted() }, { identity: clientOf(subject).request.identity }).request,
      asking(),
    );

  it("is 64 calls for one caller; the upstream of one more hears that it cannot ask", async () => {
    const asked = await Promise.all(Array.from({ length: 64 }, () => start("anna")));
    expect(asked.map(({ value }) => value["resultType"])).to.deep.equal(Array(64).fill("input_required"));

    const refused = await start("anna");
    const other = await start("ben");

    expect(refused.value).to.deep.equal(complete("error").value);
    expect(other.value["resultType"]).to.equal("input_required");
    expect(parked.size).to.equal(65);
  });

  it("is free again for another call when one is over", async () => {
    const [first] = await Promise.all(Array.from({ length: 64 }, () => start("anna")));
    if (first !== undefined) await finish(stateIn(first), "anna");

    const next = await start("anna");

    expect(next.value["resultType"]).to.equal("input_required");
  });

  it("is 1,000 calls in all", async () => {
    await Promise.all(Array.from({ length: 1_000 }, (_, n) => start(`user-${n % 50}`)));

    const refused = await start("somebody-else");

    expect(refused.value).to.deep.equal(complete("error").value);
    expect(parked.size).to.equal(1_000);
  });

  it("goes to a new call rather than to an old outcome", async () => {
    const state = stateIn(await start("anna"));
    await finish(state, "anna");
    await Promise.all(Array.from({ length: 999 }, (_, n) => start(`user-${n % 50}`)));
    expect(parked.size).to.equal(1_000);

    const next = await start("ben");

    expect(next.value["resultType"]).to.equal("input_required");
    expect(parked.size).to.equal(1_000);
    expect(await failureOf(finish(state, "anna"))).to.include({ code: "question_expired" });
  });

  it("is 16 MiB for outcomes; the oldest goes first, and its call is never run again", async () => {
    const states: string[] = [];
    for (let n = 0; n < 3; n++) {
      const state = stateIn(await start("anna", 6 * MIB));
      await finish(state, "anna");
      states.push(state);
    }

    expect(parked.size).to.equal(2);
    const [first = "", second = ""] = states;
    expect(await failureOf(finish(first, "anna"))).to.include({
      code: "question_expired",
      executed: "unknown",
    });
    expect((await finish(second, "anna")).bytes.length).to.be.greaterThan(6 * MIB);
    expect(runs).to.equal(3);
  });

  it("is 64 questions of one call; the upstream of one more hears that it cannot ask", async () => {
    const heard: Reply[] = [];
    const { request } = clientOf("anna");

    const reply = await parked.run(request, async (detached) => {
      for (let n = 0; n < 66; n++)
        void detached.onRequest?.(question(String(n))).then((answer) => heard.push(answer));
      return new Promise<Reply>(() => {});
    });

    expect(Object.keys(reply.value["inputRequests"] ?? {})).to.have.length(64);
    expect(heard.map(({ kind }) => kind)).to.deep.equal(["error", "error"]);
  });
});
