import type { IncomingMessage } from "node:http";

import { GatewayError } from "../domain/errors.ts";

/** The whole body, at most `maxBytes`. A longer one is refused before it is read to its end. */
export function readBody(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const refuse = (): void => {
      linger(request);
      reject(tooLarge(maxBytes));
    };
    if (Number(request.headers["content-length"] ?? 0) > maxBytes) return refuse();
    let first: Buffer | undefined;
    let rest: Buffer[] | undefined;
    let bytes = 0;
    request.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > maxBytes) {
        request.removeAllListeners("data");
        return refuse();
      }
      if (first === undefined) first = chunk;
      else (rest ??= [first]).push(chunk);
    });
    request.on("end", () => resolve(rest === undefined ? (first ?? Buffer.alloc(0)) : Buffer.concat(rest)));
    request.on("error", (cause) => reject(new GatewayError("cancelled", "The client went away.", { cause })));
  });
}

const LINGER_MS = 1_000;

/** A client that still sends would see a reset instead of the answer if the connection were closed at once. */
function linger(request: IncomingMessage): void {
  request.resume();
  setTimeout(() => {
    if (!request.complete) request.socket.destroy();
  }, LINGER_MS).unref();
}

function tooLarge(maxBytes: number): GatewayError {
  return new GatewayError("payload_too_large", `The request body is larger than ${maxBytes} bytes.`, {
    details: { max_bytes: maxBytes },
    fix: [{ label: "Send less, or raise gateway.limits.requestBytes in the config file" }],
  });
}
