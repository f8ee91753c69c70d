const SCHEME = "switchgear://";

export interface UpstreamUri {
  readonly server: string;
  readonly uri: string;
}

/** `switchgear://<server>/<original URI or template, verbatim>`: how a URI is shown that alone would be ambiguous. */
export function wrapUri(server: string, uri: string): string {
  return `${SCHEME}${server}/${uri}`;
}

export function unwrapUri(uri: string): UpstreamUri | undefined {
  if (!isWrapped(uri)) return undefined;
  const slash = uri.indexOf("/", SCHEME.length);
  if (slash < 0 || slash === uri.length - 1) return undefined;
  return { server: uri.slice(SCHEME.length, slash), uri: uri.slice(slash + 1) };
}

export function isWrapped(uri: string): boolean {
  return uri.startsWith(SCHEME);
}
