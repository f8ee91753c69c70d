import { once } from "node:events";
import { type IncomingMessage, type ServerResponse, createServer, request as send } from "node:http";
import type { AddressInfo } from "node:net";

export interface KeyProxy {
  readonly url: string;
  close(): Promise<void>;
}

/**
 * Stands in front of a gateway for a client that cannot send an API key. Everything else passes byte for byte, streams
 * included; a wrong `Host` or `Origin` stays wrong, and the proxy's own becomes the gateway's.
 */
export async function startKeyProxy(target: string, key: string): Promise<KeyProxy> {
  const { host, pathname } = new URL(target);
  const server = createServer((request, response) => forward(request, response));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const own = `127.0.0.1:${(server.address() as AddressInfo).port}`;

  function forward(request: IncomingMessage, response: ServerResponse): void {
    const headers = request.rawHeaders.map((text, index) =>
      index % 2 === 0 ? text : text.replace(own, host),
    );
    headers.push("Authorization", `Bearer ${key}`);
    const { method, url: path } = request;
    const onward = send(new URL(target), { method, path, headers, setHost: false });
    onward.on("response", (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
      response.flushHeaders();
      answer.pipe(response);
      answer.on("error", () => response.destroy());
    });
    onward.on("error", () => response.destroy());
    response.on("close", () => onward.destroy());
    request.pipe(onward);
  }

  return {
    url: `http://${own}${pathname}`,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
