import { once } from "node:events";
import { type IncomingMessage, type Server, createServer } from "node:http";
import type { AddressInfo } from "node:net";

import { expect } from "chai";
import { request } from "undici";

import { until } from "../support/child-processes.ts";
import { type KeyProxy, startKeyProxy } from "./key-proxy.ts";

describe("the proxy that adds an API key", () => {
  let seen: IncomingMessage | undefined;
  let isStreamOpen = false;
  let server: Server;
  let host: string;
  let proxy: KeyProxy;

  before(async () => {
    server = createServer((incoming, response) => {
      seen = incoming;
      if (incoming.method === "GET") {
        isStreamOpen = true;
        response.on("close", () => (isStreamOpen = false));
        response.writeHead(200, { "content-type": "text/event-stream" });
        response.write("data: first\n\n");
        return;
      }
      response.writeHead(202, { "x-answer": "kept" });
      incoming.pipe(response);
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    proxy = await startKeyProxy(`http://${host}/mcp/s/fixture`, "swg_key");
  });

  after(async () => {
    await proxy.close();
    server.closeAllConnections();
    server.close();
  });

  it("adds the key and passes path, body, status and headers", async () => {
    const answer = await request(proxy.url, { method: "POST", body: "grüße", headers: { "Mcp-Name": "x" } });

    expect(await answer.body.text()).to.equal("grüße");
    expect([answer.statusCode, answer.headers["x-answer"]]).to.deep.equal([202, "kept"]);
    expect(seen?.url).to.equal("/mcp/s/fixture");
    expect(seen?.headers).to.include({ authorization: "Bearer swg_key", "mcp-name": "x", host });
  });

  it("leaves a foreign Host and Origin as they are", async () => {
    const headers = { host: "evil.example.com", origin: "http://evil.example.com" };

    const answer = await request(proxy.url, { method: "POST", headers });

    await answer.body.dump();
    expect(seen?.headers).to.include(headers);
  });

  it("makes its own Origin the gateway's", async () => {
    const answer = await request(proxy.url, {
      method: "POST",
      headers: { origin: new URL(proxy.url).origin },
    });

    await answer.body.dump();
    expect(seen?.headers.origin).to.equal(`http://${host}`);
  });

  it("streams, and closes the stream behind a client that leaves", async () => {
    const answer = await request(proxy.url, { method: "GET" });
    const [chunk] = (await once(answer.body, "data")) as [Buffer];

    expect(chunk.toString()).to.equal("data: first\n\n");
    answer.body.on("error", () => {}).destroy();
    await until("the stream is closed", () => !isStreamOpen, 1_500);
  });
});
