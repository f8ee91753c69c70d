import { lookup } from "node:dns";
import { type LookupFunction, isIP } from "node:net";

import { GatewayError } from "../domain/errors.ts";
import { type AddressKind, addressKind } from "./addresses.ts";

const ALWAYS_DENIED: ReadonlySet<AddressKind> = new Set(["metadata", "multicast", "reserved"]);

/** Which addresses one host may lead to. */
export class AddressGuard {
  readonly #host: string;
  readonly #allow: ReadonlySet<string>;
  readonly #privateToo: boolean;

  constructor(options: { host: string; allow: ReadonlySet<string>; privateToo: boolean }) {
    this.#host = options.host;
    this.#allow = options.allow;
    this.#privateToo = options.privateToo;
  }

  /** What is wrong with this address; nothing when it may be connected to. */
  refusal(address: string): GatewayError | undefined {
    const kind = addressKind(address);
    if (kind === "public" || this.#allow.has(address)) return undefined;
    if (this.#privateToo && !ALWAYS_DENIED.has(kind)) return undefined;
    return denied(this.#host, `it leads to a ${kind} address`);
  }

  /** What is wrong with the host, where that is known without a look-up: `lookup` is not asked for an address. */
  get refusalOfHost(): GatewayError | undefined {
    return isIP(this.#host) === 0 ? undefined : this.refusal(this.#host);
  }

  /** Resolves for `net.connect`, which connects to one of exactly these addresses. */
  readonly lookup: LookupFunction = (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, addresses) => {
      if (error !== null) return callback(error, []);
      const allowed = addresses.filter(({ address }) => this.refusal(address) === undefined);
      const first = allowed[0];
      if (first === undefined)
        return callback(
          this.refusal(addresses[0]?.address ?? "") ?? denied(hostname, "it has no address"),
          [],
        );
      return options.all === true ? callback(null, allowed) : callback(null, first.address, first.family);
    });
  };
}

export function denied(host: string, reason: string): GatewayError {
  return new GatewayError("egress_denied", `Requests to "${host}" are not allowed: ${reason}.`, {
    details: { host },
    fix: [{ label: "If this host is meant, add it to gateway.egress.allow in the config file" }],
    executed: "not_executed",
  });
}
