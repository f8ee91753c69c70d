import { expect } from "chai";

import { DEFAULT_LIMITS } from "../../../src/domain/limits.ts";
import type { EmbedderFailure } from "../../../src/search/embedders/embedder.ts";
import { HttpEmbedder } from "../../../src/search/embedders/http-embedder.ts";
import { type Egress, createEgress } from "../../../src/wire/egress.ts";
import { Endpoint } from "../../support/http-endpoint.ts";
import { rejection } from "../../support/refusal.ts";

type Settings = ConstructorParameters<typeof HttpEmbedder>[0]["settings"];

describe("HttpEmbedder", () => {
  let endpoint: Endpoint;
  let egress: Egress;
  const pauses: number[] = [];

  function open(change: Partial<Settings> = {}): HttpEmbedder {
    const settings: Settings = {
      type: "http",
      batch: 32,
      queryPrefix: "",
      documentPrefix: "",
      model: "small",
      url: `${endpoint.origin}/v1`,
      api: "openai",
      apiKey: "",
      timeoutMs: 1_000,
      ...change,
    };
    return new HttpEmbedder({
      settings,
      egress,
      pause: async (ms) => {
        pauses.push(ms);
      },
    });
  }

  const json = (value: unknown, status = 200, headers: Record<string, string> = {}) =>
    endpoint.answer(status, "application/json", JSON.stringify(value), headers);
  const bodies = () => endpoint.received.map(({ body }) => JSON.parse(body) as Record<string, unknown>);

  beforeEach(async () => {
    endpoint = new Endpoint();
    await endpoint.open();
    egress = createEgress({ allowPrivate: true, allow: [] }, DEFAULT_LIMITS);
    pauses.length = 0;
  });
  afterEach(async () => {
    await egress.close();
    endpoint.close();
  });

  it("asks as OpenAI's API wants it, and puts the rows into order", async () => {
    json({
      data: [
        { index: 1, embedding: [0, 2] },
        { index: 0, embedding: [3, 4] },
      ],
    });
    const embedder = open({ apiKey: "s3cret" });

    const vectors = await embedder.embed(["one", "two"], "query");

    expect(vectors.map((vector) => [...vector])).to.deep.equal([
      [Math.fround(0.6), Math.fround(0.8)],
      [0, 1],
    ]);
    expect(endpoint.received[0]).to.include({ method: "POST", url: "/v1/embeddings" });
    expect(endpoint.received[0]?.headers).to.include({ authorization: "Bearer s3cret" });
    expect(bodies()[0]).to.deep.equal({ model: "small", input: ["one", "two"], encoding_format: "float" });
  });

  it("asks as Text Embeddings Inference wants it", async () => {
    json([[1, 0]]);
    const embedder = open({ api: "tei", url: endpoint.origin });

    const [vector] = await embedder.embed(["one"], "document");

    expect([...(vector ?? [])]).to.deep.equal([1, 0]);
    expect(endpoint.received[0]?.url).to.equal("/embed");
    expect(endpoint.received[0]?.headers).to.not.have.property("authorization");
    expect(bodies()[0]).to.deep.equal({ inputs: ["one"], normalize: true, truncate: true });
  });

  it("takes an address as it is when it names the method, and keeps its query", async () => {
    json({ data: [{ index: 0, embedding: [1] }] });

    await open({ url: `${endpoint.origin}/deploy/embeddings?api-version=1` }).embed(["x"], "query");

    expect(endpoint.received[0]?.url).to.equal("/deploy/embeddings?api-version=1");
  });

  it("learns the dimensions from a first answer, and names the model without its key", async () => {
    json({ data: [{ index: 0, embedding: [1, 2, 3] }] });
    const embedder = open({ apiKey: "s3cret", url: `${endpoint.origin}/v1?key=hidden` });

    const facts = await embedder.model();
    await embedder.model();

    expect(facts).to.deep.equal({ id: `http:${endpoint.origin}/v1/embeddings:small`, dimensions: 3 });
    expect(endpoint.received).to.have.length(1);
  });

  it("puts the model's prefixes before the texts", async () => {
    json({ data: [{ index: 0, embedding: [1] }] });
    const embedder = open({ queryPrefix: "query: ", documentPrefix: "passage: " });

    await embedder.embed(["x"], "query");
    await embedder.embed(["x"], "document");

    expect(bodies().map(({ input }) => input)).to.deep.equal([["query: x"], ["passage: x"]]);
    expect((await embedder.model()).id).to.match(/:passage: $/);
  });

  for (const status of [429, 500, 503]) {
    it(`asks again after a ${status}, a few times and ever later`, async () => {
      json({}, status);

      const error = await rejection(() => open().embed(["x"], "document"));

      expect(error.message).to.contain(`status ${status}`);
      expect(endpoint.received).to.have.length(4);
      expect(pauses).to.deep.equal([500, 1_000, 2_000]);
    });
  }

  it("waits as long as the service asks for, within bounds", async () => {
    let asked = 0;
    endpoint.reply = (response) => {
      asked++;
      if (asked < 3) response.writeHead(429, { "retry-after": asked === 1 ? "7" : "9999" }).end();
      else response.writeHead(200).end(JSON.stringify({ data: [{ index: 0, embedding: [1] }] }));
    };

    const [vector] = await open().embed(["x"], "document");

    expect([...(vector ?? [])]).to.deep.equal([1]);
    expect(pauses).to.deep.equal([7_000, 30_000]);
  });

  it("does not repeat a query: who asks cannot wait", async () => {
    json({}, 503);

    await rejection(() => open().embed(["x"], "query"));

    expect(endpoint.received).to.have.length(1);
  });

  it("asks again when the connection breaks", async () => {
    let asked = 0;
    endpoint.reply = (response) => {
      if (++asked === 1) response.destroy();
      else response.writeHead(200).end(JSON.stringify({ data: [{ index: 0, embedding: [1] }] }));
    };

    expect(await open().embed(["x"], "document")).to.have.length(1);
    expect(asked).to.equal(2);
  });

  for (const [status, byTexts] of [
    [400, true],
    [413, true],
    [401, false],
    [404, false],
  ] as const) {
    it(`asks once when the answer is ${status}, and ${byTexts ? "suspects" : "does not suspect"} the texts`, async () => {
      json({ error: "no" }, status);

      const error = (await rejection(() => open().embed(["x"], "document"))) as EmbedderFailure;

      expect(endpoint.received).to.have.length(1);
      expect(error).to.include({ byTexts, retryable: false });
    });
  }

  for (const [what, answer] of [
    ["no list", { object: "list" }],
    ["too few rows", { data: [] }],
    ["a row without a vector", { data: [{ index: 0 }] }],
    ["a row that is none", { data: [7] }],
    ["a row of nowhere", { data: [{ index: 5, embedding: [1] }] }],
    ["an empty vector", { data: [{ index: 0, embedding: [] }] }],
    ["something else than numbers", { data: [{ index: 0, embedding: ["1"] }] }],
  ] as const) {
    it(`refuses an answer with ${what}`, async () => {
      json(answer);

      const error = await rejection(() => open().embed(["x"], "document"));

      expect(error.code).to.equal("search_unavailable");
      expect(error.message).to.contain("cannot be read");
      expect(endpoint.received).to.have.length(1);
    });
  }

  it("refuses rows of different lengths, two rows of one place, and what is no JSON", async () => {
    json({
      data: [
        { index: 0, embedding: [1] },
        { index: 1, embedding: [1, 2] },
      ],
    });
    expect((await rejection(() => open().embed(["x", "y"], "query"))).message).to.contain("differ in length");

    json({
      data: [
        { index: 0, embedding: [1] },
        { index: 0, embedding: [1] },
      ],
    });
    expect((await rejection(() => open().embed(["x", "y"], "query"))).message).to.contain("as many vectors");

    endpoint.answer(200, "text/html", "<html>");
    expect((await rejection(() => open().embed(["x"], "query"))).message).to.contain("no JSON");
  });

  it("gives up after its time", async () => {
    endpoint.reply = () => {};

    const error = await rejection(() => open({ timeoutMs: 30 }).embed(["x"], "query"));

    expect(error.message).to.contain("no answer in 30 ms");
  });

  it("goes out through the guard alone", async () => {
    const guarded = createEgress({ allowPrivate: false, allow: [] }, DEFAULT_LIMITS);
    const settings = { type: "http", batch: 1, queryPrefix: "", documentPrefix: "", model: "" } as const;
    const embedder = new HttpEmbedder({
      settings: { ...settings, url: endpoint.origin, api: "tei", apiKey: "", timeoutMs: 500 },
      egress: guarded,
      pause: async () => {},
    });

    const error = await rejection(() => embedder.embed(["x"], "query"));

    expect(error.message).to.contain("not allowed");
    expect(endpoint.received).to.deep.equal([]);
    await guarded.close();
  });

  it("has no more than sixteen requests under way", async () => {
    endpoint.reply = () => {};
    const embedder = open({ timeoutMs: 300 });

    const errors = await Promise.all(
      Array.from({ length: 20 }, () => rejection(() => embedder.embed(["x"], "query"))),
    );

    expect(errors.filter(({ message }) => message.startsWith("Too many"))).to.have.length(4);
  });

  it("asks no more when it is closed", async () => {
    endpoint.reply = () => {};
    const embedder = open();
    const asked = rejection(() => embedder.embed(["x"], "document"));

    await embedder.close();

    expect((await asked).message).to.contain("cannot be used");
    expect(pauses).to.deep.equal([]);
  });
});
