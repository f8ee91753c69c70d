import type { Duplex } from "node:stream";

const REASONS: Readonly<Record<string, readonly [status: string, title: string]>> = {
  HPE_HEADER_OVERFLOW: [
    "431 Request Header Fields Too Large",
    "The headers are larger than the gateway takes",
  ],
  ERR_HTTP_REQUEST_TIMEOUT: ["408 Request Timeout", "The request was not complete in time"],
};

/** What Node's parser refuses never becomes a request; it is answered by hand, in the same form as everything else. */
export function refuseBrokenRequest(error: Error & { code?: string }, socket: Duplex): void {
  if (error.code === "ECONNRESET" || !socket.writable) {
    socket.destroy();
    return;
  }
  const [status, detail] = REASONS[error.code ?? ""] ?? ["400 Bad Request", "The request is not valid HTTP"];
  const body = JSON.stringify({
    type: "urn:switchgear:error:invalid_request",
    title: status.slice(4),
    status: Number(status.slice(0, 3)),
    detail: `${detail}.`,
    code: "invalid_request",
    retryable: false,
    fix: [],
  });
  socket.end(
    `HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Type: application/problem+json\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}
