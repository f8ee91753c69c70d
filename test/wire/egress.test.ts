import { expect } from "chai";

import { DEFAULT_LIMITS } from "../../src/domain/limits.ts";
import { type Egress, type EgressPolicy, createEgress } from "../../src/wire/egress.ts";
import { HttpExchange } from "../../src/wire/http-exchange.ts";
import { rejection, refusal } from "../support/refusal.ts";
import { RawServer } from "./raw-server.ts";

describe("egress", () => {
  const opened: Egress[] = [];
  let server: RawServer;

  before(async () => {
    server = await RawServer.start((request, response) => {
      if (request.url === "/redirect") response.writeHead(302, { location: "/" }).end();
      else response.end(`${request.method} ${String(request.headers["x-a"])}`);
    });
  });
  after(() => server.close());
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((each) => each.close()));
  });

  function egress(policy: Partial<EgressPolicy> = {}): Egress {
    const made = createEgress(
      { allowPrivate: false, allow: [], ...policy },
      { ...DEFAULT_LIMITS, connectMs: 300 },
    );
    opened.push(made);
    return made;
  }

  const get = (from: Egress, url: string) =>
    from.request({
      server: "up",
      url,
      method: "GET",
      headers: { "x-a": "b" },

      maxBytes: 1_000,
    });

  it("reaches private addresses when the operator's policy says so", async () => {
    const answer = await get(egress({ allowPrivate: true }), `${server.origin}/`);

    expect(answer.status).to.equal(200);
    expect(answer.body.toString()).to.equal("GET b");
  });

  it("reaches an allowed host, with or without its port", async () => {
    const { port } = server;

    expect((await get(egress({ allow: ["127.0.0.1"] }), server.origin)).status).to.equal(200);
    expect((await get(egress({ allow: [`127.0.0.1:${port}`] }), server.origin)).status).to.equal(200);
    expect((await get(egress({ allow: ["LOCALHOST"] }), `http://localhost:${port}/`)).status).to.equal(200);
    expect((await rejection(() => get(egress({ allow: ["127.0.0.1:1"] }), server.origin))).code).to.equal(
      "egress_denied",
    );
  });

  it("follows no redirect", async () => {
    const answer = await get(egress({ allowPrivate: true }), `${server.origin}/redirect`);

    expect(answer.status).to.equal(302);
  });

  const denied = [
    "http://127.0.0.1/",
    "http://localhost/",
    "http://127.1/",
    "http://0x7f.0.0.1/",
    "http://2130706433/",
    "http://0177.0.0.1/",
    "http://0.0.0.0/",
    "http://[::1]/",
    "http://[::]/",
    "http://[::ffff:127.0.0.1]/",
    "http://[::ffff:7f00:1]/",
    "http://[64:ff9b::7f00:1]/",
    "http://[fe80::1]/",
    "http://[fd00:ec2::254]/",
    "http://10.0.0.1/",
    "http://172.16.5.4/",
    "http://192.168.0.1/",
    "http://169.254.169.254/latest/meta-data/",
    "http://168.63.129.16/",
    "http://224.0.0.1/",
    "https://127.0.0.1/",
    "http://user:password@127.0.0.1/",
    "http://①②⑦.⓪.⓪.①/",
  ];
  for (const url of denied) {
    it(`denies ${url} to URLs that did not come from the operator`, async () => {
      const error = await rejection(() => get(egress(), url));

      expect(error.code).to.equal("egress_denied");
      expect(error).to.deep.include({ outcome: "not_sent", executed: "not_executed", retryable: false });
      expect(error.fix[0]?.label).to.contain("gateway.egress.allow");
    });
  }

  for (const url of [
    "http://169.254.169.254/",
    "http://[fd00:ec2::254]/",
    "http://[::ffff:169.254.169.254]/",
    "http://224.0.0.1/",
  ]) {
    it(`denies ${url} even to the operator`, async () => {
      expect((await rejection(() => get(egress({ allowPrivate: true }), url))).code).to.equal(
        "egress_denied",
      );
    });
  }

  it("denies other schemes and texts that are no URL", async () => {
    for (const url of ["ftp://127.0.0.1/", "file:///etc/passwd", "nonsense", ""]) {
      expect((await rejection(() => get(egress({ allowPrivate: true }), url))).code, url).to.equal(
        "egress_denied",
      );
    }
    expect(refusal(() => egress().pool("gopher://127.0.0.1")).code).to.equal("egress_denied");
  });

  it("checks what a name resolves to, when it is connected to", async () => {
    const pool = egress().pool(`http://localhost:${server.port}`);

    const exchange = new HttpExchange({ server: "up", maxBytes: 10 });
    const error = await rejection(() => exchange.send(pool, { path: "/", method: "GET" }));

    expect(error).to.have.property("code", "egress_denied");
    await pool.destroy();
  });

  it("says that a name does not resolve", async () => {
    const error = await rejection(() => get(egress(), "http://nowhere.invalid/"));

    expect(error.code).to.equal("upstream_unavailable");
    expect(error).to.have.property("outcome", "not_sent");
  });

  it("tells nothing of credentials in a URL", async () => {
    const error = await rejection(() => get(egress(), "http://user:hunter2@127.0.0.1/"));

    expect(JSON.stringify([error.message, error.details])).not.to.contain("hunter2");
  });

  it("keeps connections, and few of the origins that were used once", async () => {
    const from = egress({ allowPrivate: true });
    const before = server.connections;

    for (let i = 0; i < 10; i++) await get(from, server.origin);

    expect(server.connections - before).to.be.at.most(2);
    await Promise.all(
      Array.from({ length: 100 }, (_, i) => get(from, `http://127.0.0.1:${i + 1}/`).catch(() => undefined)),
    );
    expect((await get(from, server.origin)).status).to.equal(200);
  });
});
