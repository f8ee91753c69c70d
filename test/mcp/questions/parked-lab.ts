import { GatewayError } from "../../../src/domain/errors.ts";
import type { JsonObject } from "../../../src/domain/json.ts";
import type { FrontRequest } from "../../../src/mcp/front-request.ts";
import { ParkedCalls } from "../../../src/mcp/questions/parked-calls.ts";
import type { Question } from "../../../src/upstream/upstream.ts";
import { Reply } from "../../../src/wire/reply.ts";
import { FakeClock } from "../../resilience/fake-clock.ts";
import { Client, question } from "./front-requests.ts";

export const KEY = Buffer.alloc(32, 9);
export const QUESTION_MS = 10_000;

/** What lies behind the front: each call is a request that the test asks on, and answers. */
class Upstream {
  readonly requests: FrontRequest[] = [];
  #ends: { resolve: (reply: Reply) => void; reject: (error: unknown) => void }[] = [];

  readonly work = (request: FrontRequest): Promise<Reply> => {
    this.requests.push(request);
    return new Promise((resolve, reject) => {
      this.#ends.push({ resolve, reject });
      request.signal.addEventListener("abort", () => reject(new GatewayError("cancelled", "cancelled")));
    });
  };

  get last(): FrontRequest {
    return this.requests.at(-1) ?? new Client().request;
  }

  async ask(asked: Question | string): Promise<Reply> {
    const asking = typeof asked === "string" ? question(asked) : asked;
    return (await this.last.onRequest?.(asking)) ?? Reply.of("error", {}, "2025");
  }

  answer(reply: Reply): void {
    this.#ends.at(-1)?.resolve(reply);
  }

  fail(error: unknown): void {
    this.#ends.at(-1)?.reject(error);
  }
}

/** Parked calls of one test, on a clock of its own. */
export class ParkedLab {
  readonly clock = new FakeClock();
  readonly upstream = new Upstream();
  readonly parked = new ParkedCalls({ key: KEY, limits: { questionMs: QUESTION_MS } });

  close(): void {
    this.parked.close();
    this.clock.restore();
  }

  readonly run = (client: Client): Promise<Reply> => this.parked.run(client.request, this.upstream.work);

  readonly outcomeOf = async (pending: Promise<Reply>): Promise<Reply> => {
    pending.catch(() => {});
    await this.clock.advance(40);
    return pending;
  };

  /** A call whose upstream has asked, and its client knows: the state, and what the upstream hears. */
  readonly askedCall = async (client = new Client()): Promise<{ state: string; heard: Promise<Reply> }> => {
    const pending = this.run(client);
    const heard = this.upstream.ask("Name?");
    return { state: stateIn(await this.outcomeOf(pending)), heard };
  };
}

export const questionsIn = (reply: Reply): JsonObject => reply.value["inputRequests"] as JsonObject;
export const stateIn = (reply: Reply): string => String(reply.value["requestState"]);
