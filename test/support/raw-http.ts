import { once } from "node:events";
import { type Socket, connect } from "node:net";

/** What the gateway answers to bytes that no HTTP client would send. */
export async function sendBytes(gateway: { readonly url: string }, bytes: string | Buffer): Promise<string> {
  const socket: Socket = connect(Number(new URL(gateway.url).port), "127.0.0.1");
  let answer = "";
  socket.setEncoding("utf8").on("data", (chunk: string) => (answer += chunk));
  socket.on("error", () => {});
  socket.write(bytes);
  await once(socket, "close");
  return answer;
}
