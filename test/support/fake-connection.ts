import { EventEmitter } from "node:events";
import type { ServerResponse } from "node:http";

/** What a client would read of a connection, and the client's way to leave it. */
export class FakeConnection extends EventEmitter {
  text = "";
  isEnded = false;
  destroyed = false;

  write(bytes: string | Buffer): boolean {
    this.text += bytes.toString();
    return true;
  }

  end(bytes: string | Buffer = ""): void {
    this.write(bytes);
    this.isEnded = true;
    this.emit("close");
  }

  /** The client, or the network. */
  drop(): void {
    this.destroyed = true;
    this.emit("close");
  }

  get response(): ServerResponse {
    return this as unknown as ServerResponse;
  }

  /** `id` and `data` of the events. */
  get events(): readonly { readonly id: string | undefined; readonly data: string }[] {
    return this.text
      .split("\n\n")
      .filter((event) => /^data: /m.test(event))
      .map((event) => ({
        id: /^id: (.*)$/m.exec(event)?.[1],
        data: /^data: (.*)$/m.exec(event)?.[1] ?? "",
      }));
  }

  get messages(): readonly string[] {
    return this.events.map(({ data }) => data).filter((data) => data !== "");
  }

  get lastId(): string {
    return this.events.findLast(({ id }) => id !== undefined)?.id ?? "";
  }
}
