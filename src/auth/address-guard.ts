import type { IncomingHttpHeaders } from "node:http";

import { GatewayError } from "../domain/errors.ts";

const LOOPBACK = ["localhost", "127.0.0.1", "::1"];
/** A browser reaches this machine under these too, and no client needs them. */
const UNSPECIFIED = new Set(["0.0.0.0", "::"]);

/**
 * Refuses requests that a foreign web page may have sent: those addressed to a name that is not ours (DNS rebinding)
 * and those of another origin. `hosts`: the listen address and the configured names, besides the loopback names.
 */
export class AddressGuard {
  readonly #hosts: ReadonlySet<string>;
  readonly #origins: ReadonlySet<string>;

  constructor(options: { hosts: readonly string[]; origins: readonly string[] }) {
    this.#hosts = new Set([
      ...LOOPBACK,
      ...options.hosts.map(hostName).filter((name) => !UNSPECIFIED.has(name)),
    ]);
    this.#origins = new Set(options.origins.map((origin) => origin.toLowerCase().replace(/\/$/, "")));
  }

  /** Throws a GatewayError `host_not_allowed` or `origin_not_allowed`. The port of the host does not matter. */
  check(headers: IncomingHttpHeaders): void {
    const host = headers.host?.toLowerCase();
    if (host === undefined || !this.#hosts.has(hostName(host))) throw hostNotAllowed(host);
    const origin = headers.origin?.toLowerCase();
    if (origin === undefined || this.#origins.has(origin)) return;
    if (origin !== `http://${host}` && origin !== `https://${host}`) throw originNotAllowed(origin);
  }
}

/** `gateway.example.com` of `Gateway.example.com:4470`, `::1` of `[::1]:4470`. */
function hostName(host: string): string {
  const lower = host.toLowerCase();
  if (lower.startsWith("[")) return lower.slice(1, Math.max(1, lower.indexOf("]")));
  const colon = lower.indexOf(":");
  return colon < 0 || lower.includes(":", colon + 1) ? lower : lower.slice(0, colon);
}

function hostNotAllowed(host: string | undefined): GatewayError {
  const name = host === undefined ? "no host" : JSON.stringify(host.slice(0, 128));
  return new GatewayError("host_not_allowed", `This gateway does not answer to ${name}.`, {
    fix: [{ label: "Add the host name to gateway.allowedHosts (or SWITCHGEAR_ALLOWED_HOSTS)" }],
  });
}

function originNotAllowed(origin: string): GatewayError {
  const name = JSON.stringify(origin.slice(0, 128));
  return new GatewayError("origin_not_allowed", `Web pages of ${name} may not use this gateway.`, {
    fix: [{ label: "Add the origin to gateway.allowedOrigins (or SWITCHGEAR_ALLOWED_ORIGINS)" }],
  });
}
