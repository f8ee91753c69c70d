import { expect } from "chai";

import { Endpoint, HttpToolBench } from "../../support/http-endpoint.ts";

describe("answers of HTTP tools", () => {
  let bench: HttpToolBench;

  beforeEach(async () => {
    bench = await HttpToolBench.start();
  });
  afterEach(() => bench.close());

  it("that are a JSON object are structured content and text", async () => {
    bench.register();
    bench.endpoint.answer(200, "application/json; charset=utf-8", '{"sky": "sun"}');

    const { value, kind, era } = await bench.call();

    expect({ kind, era }).to.deep.equal({ kind: "result", era: "2025" });
    expect(value).to.deep.equal({
      content: [{ type: "text", text: '{"sky": "sun"}' }],
      structuredContent: { sky: "sun" },
    });
  });

  it("of a JSON kind are JSON", async () => {
    bench.register();
    bench.endpoint.answer(200, "application/vnd.api+json", '{"a":1}');

    expect((await bench.call()).value["structuredContent"]).to.deep.equal({ a: 1 });
  });

  for (const body of ["[1,2]", '"text"', "5", "null"]) {
    it(`that are JSON but no object (${body}) are text`, async () => {
      bench.register();
      bench.endpoint.answer(200, "application/json", body);

      expect((await bench.call()).value).to.deep.equal({ content: [{ type: "text", text: body }] });
    });
  }

  for (const body of ["{half", `${"[".repeat(40)}${"]".repeat(40)}`]) {
    it(`that only claim to be JSON (${body.slice(0, 5)}) are text`, async () => {
      bench.register();
      bench.endpoint.answer(200, "application/json", body);

      expect((await bench.call()).value).to.deep.equal({ content: [{ type: "text", text: body }] });
    });
  }

  it("that break the promise of an output schema are errors", async () => {
    bench.register({ schema: { input: {}, output: { type: "object" } } });
    bench.endpoint.answer(200, "application/json", "[1]");

    const { value } = await bench.call();

    expect(value["isError"]).to.equal(true);
    expect(value).to.not.have.property("structuredContent");
    expect(JSON.stringify(value)).to.include("output schema").and.include("[1]");
  });

  for (const type of ["text/plain", "text/html", "application/xml", "application/yaml", undefined]) {
    it(`of the type ${type ?? "that nobody named"} are text`, async () => {
      bench.register();
      bench.endpoint.answer(200, type, "grüezi");

      expect((await bench.call()).value).to.deep.equal({ content: [{ type: "text", text: "grüezi" }] });
    });
  }

  it("are decoded by the charset that they name", async () => {
    bench.register();
    bench.endpoint.answer(200, "text/plain; charset=iso-8859-1", Buffer.from([0x67, 0xfc]));

    expect((await bench.call()).value).to.deep.nested.include({ "content[0].text": "gü" });
  });

  it("with a charset that does not exist are read as UTF-8", async () => {
    bench.register();
    bench.endpoint.answer(200, "text/plain; charset=klingon", "gü");

    expect((await bench.call()).value).to.deep.nested.include({ "content[0].text": "gü" });
  });

  for (const [type, kind] of [
    ["image/png", "image"],
    ["audio/mpeg", "audio"],
  ] as const) {
    it(`of the type ${type} are content of the kind ${kind}`, async () => {
      bench.register();
      bench.endpoint.answer(200, type, Buffer.from([1, 2, 255]));

      expect((await bench.call()).value["content"]).to.deep.equal([
        { type: kind, data: "AQL/", mimeType: type },
      ]);
    });
  }

  for (const type of ["application/pdf", undefined]) {
    it(`of bytes (${type ?? "no type"}) are an embedded resource`, async () => {
      bench.register({ path: "/file?key=secret" });
      bench.endpoint.answer(200, type, Buffer.from([0xff, 0xfe, 0]));

      expect((await bench.call()).value["content"]).to.deep.equal([
        {
          type: "resource",
          resource: {
            uri: `${bench.endpoint.origin}/file`,
            mimeType: type ?? "application/octet-stream",
            blob: "//4A",
          },
        },
      ]);
    });
  }

  it("without content say so", async () => {
    bench.register();
    bench.endpoint.answer(204, undefined, "");

    expect((await bench.call()).value).to.deep.nested.include({
      "content[0].text": "The endpoint answered with HTTP status 204 and no content.",
    });
  });

  for (const status of [400, 401, 403, 404, 409, 422]) {
    it(`with the status ${status} are errors that a model can read`, async () => {
      bench.register();
      bench.endpoint.answer(status, "application/json", '{"error":"no such city"}');

      const { value } = await bench.call();

      expect(value["isError"]).to.equal(true);
      expect(JSON.stringify(value["content"])).to.include(String(status)).and.include("no such city");
    });
  }

  it("that are long refusals are cut", async () => {
    bench.register();
    bench.endpoint.answer(400, "text/plain", "x".repeat(10_000));

    expect(JSON.stringify((await bench.call()).value).length).to.be.lessThan(2_500);
  });

  it("that are redirects are not followed", async () => {
    bench.register();
    const elsewhere = new Endpoint();
    await elsewhere.open();
    bench.endpoint.answer(302, "text/plain", "", { location: elsewhere.origin });

    const { value } = await bench.call().finally(() => elsewhere.close());

    expect(value["isError"]).to.equal(true);
    expect(JSON.stringify(value)).to.include("redirects are not followed");
    expect(elsewhere.received).to.deep.equal([]);
  });
});
