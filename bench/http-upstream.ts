import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

import { type ToolSet, answer } from "./answers.ts";

/** `/mcp` offers the tool `echo`; `/<prefix>/<count>` offers that many. Keeps no sessions and checks nothing. */
const server = createServer((request, response) => {
  if (request.method !== "POST") {
    response.writeHead(405).end();
    return;
  }
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("end", () => {
    const [first] = chunks;
    const body = chunks.length === 1 && first !== undefined ? first : Buffer.concat(chunks);
    const reply = answer(body.toString(), toolsOf(request.url ?? "/"));
    if (reply === undefined) {
      response.writeHead(202).end();
      return;
    }
    response.writeHead(200, {
      "content-type": "application/json",
      "content-length": Buffer.byteLength(reply),
    });
    response.end(reply);
  });
});

const ECHO: ToolSet = { prefix: "echo", count: 1 };

function toolsOf(url: string): ToolSet {
  if (url === "/mcp") return ECHO;
  const [, prefix = "echo", count = "1"] = url.split("/");
  return { prefix, count: Number(count) };
}

server.keepAliveTimeout = 60_000;
server.listen(0, "127.0.0.1", () => process.stdout.write(`${(server.address() as AddressInfo).port}\n`));
