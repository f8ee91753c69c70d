export interface Listen {
  /** Without the brackets of an IPv6 address. */
  readonly host: string;
  readonly port: number;
}

/** `host:port`, `[::1]:port`, `:port` or a port alone (both on the loopback address); nothing for anything else. */
export function parseListen(text: string): Listen | undefined {
  const match = /^(?:(?:\[([0-9a-fA-F:.]+)\]|([A-Za-z0-9.-]*)):)?(\d{1,5})$/.exec(text.trim());
  if (match === null) return undefined;
  const host = match[1] ?? match[2] ?? "";
  const port = Number(match[3]);
  return port > 65_535 ? undefined : { host: host === "" ? "127.0.0.1" : host, port };
}

/** Whether the gateway would listen on every address of the machine, under names that it cannot know. */
export function isUnspecified(host: string): boolean {
  return host === "0.0.0.0" || /^[0:]+$/.test(host);
}
