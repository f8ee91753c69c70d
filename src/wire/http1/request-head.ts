import { GatewayError } from "../../domain/errors.ts";
import type { OutgoingHttp } from "../origin-pool.ts";

/** Visible ASCII and what RFC 9110 calls obs-text; no control character but the tab, so no header can begin another. */
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;
const NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const PATH = /^[\x21-\x7e\x80-\xff]+$/;

const NONE: string[] = [];

/** The text before the body. The lines of a list of headers that is sent again and again are made once. */
export class RequestHeads {
  readonly #host: string;
  readonly #known = new WeakMap<readonly string[], string>();

  constructor(host: string) {
    this.#host = host;
  }

  /** Throws GatewayError for a path or header that would be read as something else. */
  of({ method, path, headers = NONE, body }: OutgoingHttp): string {
    if (!PATH.test(path)) throw unsendable("its path has characters that a URL cannot have");
    const lines = Array.isArray(headers)
      ? (this.#known.get(headers) ?? this.#make(headers))
      : linesOf(Object.entries(headers).flat());
    const bytes = body === undefined || body === null ? undefined : Buffer.byteLength(body);
    const length = bytes === undefined && method !== "POST" ? "" : `content-length: ${bytes ?? 0}\r\n`;
    return `${method} ${path} HTTP/1.1\r\nhost: ${this.#host}\r\n${lines}${length}\r\n`;
  }

  #make(headers: readonly string[]): string {
    const lines = linesOf(headers);
    this.#known.set(headers, lines);
    return lines;
  }
}

function linesOf(headers: readonly string[]): string {
  let lines = "";
  for (let at = 0; at < headers.length; at += 2) {
    const name = headers[at] ?? "";
    const value = headers[at + 1] ?? "";
    if (!NAME.test(name) || !VALUE.test(value))
      throw unsendable(`its header ${JSON.stringify(name.slice(0, 64))} cannot be sent`);
    lines += `${name}: ${value}\r\n`;
  }
  return lines;
}

function unsendable(reason: string): GatewayError {
  return new GatewayError("invalid_request", `The request cannot be sent: ${reason}.`);
}
