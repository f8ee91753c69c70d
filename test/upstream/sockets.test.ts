import { expect } from "chai";
import { Pool } from "undici";

import { Sockets } from "../../src/upstream/sockets.ts";

describe("Sockets", () => {
  let opened: { origin: string; connections: number | undefined; pool: Pool }[];
  let sockets: Sockets;

  beforeEach(() => {
    opened = [];
    sockets = new Sockets({
      pool: (origin, { connections } = {}) => {
        const pool = new Pool(origin);
        opened.push({ origin, connections, pool });
        return pool;
      },
      request: () => Promise.reject(new Error("not expected")),
      close: async () => {},
    });
  });
  afterEach(() => sockets.close());

  it("are the same for all URLs of an origin", () => {
    const one = sockets.forCalls("http://a.test:81/mcp?x=1");

    expect(sockets.forCalls("http://a.test:81/other")).to.equal(one);
    expect(sockets.forCalls("http://b.test:81/mcp")).not.to.equal(one);
    expect(opened.map(({ origin }) => origin)).to.deep.equal(["http://a.test:81", "http://b.test:81"]);
  });

  it("are others for long streams, of which there may be one for every connection", () => {
    const calls = sockets.forCalls("http://a.test/mcp");
    const streams = sockets.forStreams("http://a.test/mcp");

    expect(streams).not.to.equal(calls);
    expect(sockets.forStreams("http://a.test/sse")).to.equal(streams);
    expect(opened[1]?.connections).to.be.greaterThan(256 + 2);
  });

  it("are opened when they are needed, and closed together", async () => {
    expect(opened).to.deep.equal([]);
    sockets.forCalls("http://a.test/");
    sockets.forStreams("http://a.test/");

    await sockets.close();

    expect(opened.map(({ pool }) => pool.destroyed)).to.deep.equal([true, true]);
  });
});
