import { expect } from "chai";

import { HttpToolBench } from "../../support/http-endpoint.ts";

describe("requests of HTTP tools", () => {
  let bench: HttpToolBench;

  beforeEach(async () => {
    bench = await HttpToolBench.start();
  });
  afterEach(() => bench.close());

  it("sends the arguments as a JSON body", async () => {
    bench.register();

    await bench.call({ query: "SELECT 1", limit: 10, nested: { a: [1] } });

    expect(bench.endpoint.received[0]).to.include({ method: "POST", url: "/" });
    expect(bench.endpoint.received[0]?.headers).to.include({ "content-type": "application/json" });
    expect(JSON.parse(bench.endpoint.received[0]?.body ?? "")).to.deep.equal({
      query: "SELECT 1",
      limit: 10,
      nested: { a: [1] },
    });
  });

  for (const method of ["PUT", "PATCH"] as const) {
    it(`sends the arguments of a ${method} as a JSON body`, async () => {
      bench.register({ method });

      await bench.call({ a: 1 });

      expect(bench.endpoint.received[0]).to.include({ method, body: '{"a":1}' });
    });
  }

  for (const method of ["GET", "DELETE"] as const) {
    it(`sends the arguments of a ${method} as a query`, async () => {
      bench.register({ method, path: "/search?fixed=1" });

      await bench.call({ q: "a b&c", tags: ["x", "y"], deep: { a: 1 }, n: 5, yes: true, none: null });

      const url = new URL(bench.endpoint.received[0]?.url ?? "", bench.endpoint.origin);
      expect([...url.searchParams]).to.deep.equal([
        ["fixed", "1"],
        ["q", "a b&c"],
        ["tags", "x"],
        ["tags", "y"],
        ["deep", '{"a":1}'],
        ["n", "5"],
        ["yes", "true"],
      ]);
      expect(bench.endpoint.received[0]?.body).to.equal("");
    });
  }

  it("fills placeholders of path and query, and does not send those arguments again", async () => {
    bench.register({ path: "/users/{user}/posts?lang={lang}" });

    await bench.call({ user: "anna/../ben?x#y", lang: "de&admin=1", text: "hi" });

    expect(bench.endpoint.received[0]?.url).to.equal(
      "/users/anna%2F..%2Fben%3Fx%23y/posts?lang=de%26admin%3D1",
    );
    expect(bench.endpoint.received[0]?.body).to.equal('{"text":"hi"}');
  });

  it("takes numbers and booleans for placeholders", async () => {
    bench.register({ path: "/{id}/{flag}" });

    await bench.call({ id: 42, flag: false });

    expect(bench.endpoint.received[0]?.url).to.equal("/42/false");
  });

  it("sends the tool's own headers, whatever their spelling, over the usual ones", async () => {
    bench.register({ headers: { Authorization: "Bearer t0ken", ACCEPT: "text/csv" } });

    await bench.call();

    expect(bench.endpoint.received[0]?.headers).to.include({
      authorization: "Bearer t0ken",
      accept: "text/csv",
    });
  });

  it("says just before the first byte leaves that it does", async () => {
    bench.register();
    let sent = 0;

    await bench.call({}, { onSent: () => (sent += 1) });

    expect(sent).to.equal(1);
  });
});
