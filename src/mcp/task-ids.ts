import { createHmac, timingSafeEqual } from "node:crypto";

export interface UpstreamTask {
  readonly server: string;
  /** The upstream's own id. */
  readonly id: string;
}

/** 128 bits: nobody guesses them, and the id stays short enough for a header. */
const MAC_BYTES = 16;

/**
 * Public ids of tasks: `<server>.<upstream id in base64url>.<mac>`. The id itself says where the task is, so that it
 * outlives a restart and means the same in every replica; the mac says whose it is, so that nobody else can use it.
 */
export class TaskIds {
  readonly #key: Buffer;

  constructor(key: Buffer) {
    this.#key = key;
  }

  toPublic({ server, id }: UpstreamTask, principal: string): string {
    const text = Buffer.from(id).toString("base64url");
    return `${server}.${text}.${this.#mac(server, id, principal).toString("base64url")}`;
  }

  /** Nothing for an id that was not given to this caller: unknown, forged or another's all look the same. */
  toUpstream(publicId: string, principal: string): UpstreamTask | undefined {
    const [server, text, mac, more] = publicId.split(".");
    if (server === undefined || text === undefined || mac === undefined || more !== undefined)
      return undefined;
    const id = Buffer.from(text, "base64url").toString("utf8");
    const given = Buffer.from(mac, "base64url");
    const expected = this.#mac(server, id, principal);
    return given.length === expected.length && timingSafeEqual(given, expected) ? { server, id } : undefined;
  }

  #mac(server: string, id: string, principal: string): Buffer {
    const subject = JSON.stringify([server, id, principal]);
    return createHmac("sha256", this.#key).update(subject).digest().subarray(0, MAC_BYTES);
  }
}
