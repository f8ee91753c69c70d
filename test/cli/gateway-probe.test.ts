import { type Server, createServer } from "node:http";
import type { AddressInfo } from "node:net";

import { expect } from "chai";

import { probeGateway } from "../../src/cli/gateway-probe.ts";
import { RestStub } from "../support/rest-stub.ts";

describe("probeGateway", () => {
  let other: Server | undefined;

  afterEach(() => {
    other?.closeAllConnections();
    other?.close();
  });

  async function answering(status: number, body: string): Promise<string> {
    const server = createServer((_, response) => response.writeHead(status, { location: "/else" }).end(body));
    other = server;
    await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  it("tells the version of a gateway", async () => {
    const stub = await RestStub.start();

    expect(await probeGateway(stub.url)).to.equal("9.9.9");
    await stub.close();
  });

  for (const [what, status, body] of [
    ["HTML", 200, "<html>"],
    ["another program's version", 200, '{"name":"nginx","version":"1"}'],
    ["a list", 200, "[]"],
    ["null", 200, "null"],
    ["an error", 500, ""],
    ["a redirect", 302, ""],
  ] as const) {
    it(`takes ${what} for no gateway`, async () => {
      expect(await probeGateway(await answering(status, body))).to.equal(undefined);
    });
  }

  it("takes a gateway of an unknown version for one", async () => {
    expect(await probeGateway(await answering(200, '{"name":"switchgear"}'))).to.equal("unknown");
  });

  it("takes silence for no gateway", async () => {
    expect(await probeGateway("http://127.0.0.1:1")).to.equal(undefined);
    expect(await probeGateway("nonsense")).to.equal(undefined);
  });
});
