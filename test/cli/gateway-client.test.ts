import { expect } from "chai";

import { CliError } from "../../src/cli/cli-error.ts";
import { GatewayClient } from "../../src/cli/gateway-client.ts";
import { rejection } from "../support/refusal.ts";
import { problem } from "../support/rest-stub.ts";

interface Sent {
  readonly url: string;
  readonly init: RequestInit;
}

/** A client whose requests are answered by `answer`. */
function clientOf(answer: (sent: Sent) => Response | Promise<Response>, key: string | undefined = "k") {
  const sent: Sent[] = [];
  const fetcher = async (url: unknown, init: RequestInit = {}) => {
    const request = { url: String(url), init };
    sent.push(request);
    return answer(request);
  };
  const stop = new AbortController();
  const options = { url: "http://gw:1//", key, signal: stop.signal, fetch: fetcher as typeof fetch };
  return { client: new GatewayClient(options), sent, stop };
}

const json = (body: unknown, status = 200) => new Response(JSON.stringify(body), { status });

describe("GatewayClient", () => {
  it("sends the key, asks for JSON and follows no redirect", async () => {
    const { client, sent } = clientOf(() => json({ ok: true }));

    expect(await client.get("/x")).to.deep.equal({ ok: true });

    expect(sent[0]?.url).to.equal("http://gw:1/x");
    expect(sent[0]?.init).to.deep.include({
      method: "GET",
      redirect: "error",
      headers: { accept: "application/json", authorization: "Bearer k" },
    });
  });

  it("sends no Authorization without a key", async () => {
    const { client, sent } = clientOf(() => json({}));
    const keyless = new GatewayClient({
      url: "http://gw:1",
      key: undefined,
      signal: AbortSignal.abort(),
      fetch: fetch,
    });
    expect(keyless.url).to.equal("http://gw:1");

    await client.post("/x", { a: 1 }, { wait: "tools", none: undefined });

    expect(sent[0]?.url).to.equal("http://gw:1/x?wait=tools");
    expect(sent[0]?.init.body).to.equal('{"a":1}');
    expect(sent[0]?.init.headers).to.deep.include({ "content-type": "application/json" });
  });

  it("encodes queries", async () => {
    const { client, sent } = clientOf(() => json({}));

    await client.get("/x", { q: "a b&c=d", n: 3 });

    expect(sent[0]?.url).to.equal("http://gw:1/x?q=a+b%26c%3Dd&n=3");
  });

  it("reads all pages of a list", async () => {
    const pages: Readonly<Record<string, unknown>> = {
      "http://gw:1/x?limit=200": { items: [{ n: 1 }, "odd", { n: 2 }], next_cursor: "a/b" },
      "http://gw:1/x?limit=200&cursor=a%2Fb": { items: [{ n: 3 }], next_cursor: null },
    };
    const { client, sent } = clientOf(({ url }) => json(pages[url]));

    expect(await client.list("/x")).to.deep.equal([{ n: 1 }, { n: 2 }, { n: 3 }]);
    expect(sent).to.have.length(2);
  });

  it("takes an answer without content", async () => {
    const { client } = clientOf(() => new Response(null, { status: 204 }));

    await client.remove("/x");
  });

  it("makes a failure of a problem document, with all that it says", async () => {
    const told = problem("upstream_timeout", "No answer in 5 s.", {
      executed: "unknown",
      details: { server: "a" },
    });
    const { client } = clientOf(() => json(told, 504));

    const error = await rejection(() => client.get("/x"));

    expect(error)
      .to.be.instanceOf(CliError)
      .and.to.include({ code: "upstream_timeout", exitCode: 6, executed: "unknown" });
    expect(error.message).to.equal("No answer in 5 s.");
    expect(error.fix).to.deep.equal([{ label: "Do this", command: "do this" }]);
    expect(error.details).to.deep.equal({ server: "a" });
  });

  it("survives a problem document of a later version", async () => {
    for (const body of [{ code: "new_code" }, { code: "new_code", fix: "x", errors: 5, details: [] }]) {
      const { client } = clientOf(() => json(body, 418));

      const error = await rejection(() => client.get("/x"));

      expect(error).to.include({ code: "internal", exitCode: 1 });
      expect(error.fix).to.deep.equal([]);
    }
  });

  for (const [what, answer] of [
    ["text", () => new Response("<html>", { status: 200 })],
    ["a list", () => json([])],
    ["an error without a code", () => json({ message: "no" }, 500)],
    ["nothing", () => new Response("", { status: 502 })],
  ] as const) {
    it(`says that no gateway answered when it gets ${what}`, async () => {
      const error = await rejection(() => clientOf(answer).client.get("/x"));

      expect(error.message).to.match(/^http:\/\/gw:1 answered \d+, but not as a gateway does\.$/);
    });
  }

  it("says that none runs when the connection fails", async () => {
    const { client } = clientOf(() => Promise.reject(new TypeError("fetch failed")));

    const error = await rejection(() => client.get("/x"));

    expect(error).to.include({ exitCode: 3, shownCode: "not_running" });
  });

  it("says that it was interrupted when it was", async () => {
    const { client, stop } = clientOf(() => {
      stop.abort();
      return Promise.reject(new TypeError("aborted"));
    });

    expect(await rejection(() => client.get("/x"))).to.include({ code: "cancelled" });
  });

  it("never puts the key into a failure", async () => {
    const { client } = clientOf(() => json({}, 500), "sk-4242");

    const error = await rejection(() => client.get("/x"));

    expect(JSON.stringify([error.message, error.details, error.fix])).not.to.contain("sk-4242");
  });
});
