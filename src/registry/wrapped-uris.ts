const SCHEME = "switchgear://";
const UI = "ui://";
/** Hosts of MCP Apps refuse a view whose URI is not of the scheme `ui`, so theirs keep it (SEP-1865). */
const UI_SCHEME = "ui://switchgear/";

export interface UpstreamUri {
  readonly server: string;
  readonly uri: string;
}

/**
 * `switchgear://<server>/<original URI or template, verbatim>`: how a URI is shown that alone would be ambiguous.
 * `ui://x` becomes `ui://switchgear/<server>/x`.
 */
export function wrapUri(server: string, uri: string): string {
  return uri.length > UI.length && uri.startsWith(UI)
    ? `${UI_SCHEME}${server}/${uri.slice(UI.length)}`
    : `${SCHEME}${server}/${uri}`;
}

export function unwrapUri(uri: string): UpstreamUri | undefined {
  if (uri.startsWith(UI_SCHEME)) return split(uri, UI_SCHEME.length, UI);
  return uri.startsWith(SCHEME) ? split(uri, SCHEME.length, "") : undefined;
}

function split(uri: string, start: number, before: string): UpstreamUri | undefined {
  const slash = uri.indexOf("/", start);
  if (slash < 0 || slash === uri.length - 1) return undefined;
  return { server: uri.slice(start, slash), uri: before + uri.slice(slash + 1) };
}

export function isWrapped(uri: string): boolean {
  return uri.startsWith(SCHEME) || uri.startsWith(UI_SCHEME);
}

export function isUiUri(uri: string): boolean {
  return uri.startsWith(UI);
}
