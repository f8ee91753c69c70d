import { fileURLToPath } from "node:url";

import { z } from "zod";

import { type Route, route } from "../route.ts";

/** Scripts of this gateway only; styles inline, because the page is drawn by a script; no other address at all. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data: blob:",
  "font-src 'self' data:",
  "connect-src 'self'",
  "worker-src 'self' blob:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

const PAGE = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Switchgear API</title>
  </head>
  <body>
    <div id="reference"></div>
    <noscript>This page needs JavaScript. The document itself is at <a href="/api/openapi.json">/api/openapi.json</a>.</noscript>
    <script src="/api/docs/standalone.js"></script>
    <script src="/api/docs/start.js"></script>
  </body>
</html>
`;

const SETTINGS = {
  url: "/api/openapi.json",
  theme: "default",
  withDefaultFonts: false,
  telemetry: false,
  showToolbar: "never",
  showDeveloperTools: "never",
  hideClientButton: true,
  agent: { disabled: true },
  mcp: { disabled: true },
};
const START = `Scalar.createApiReference("#reference", ${JSON.stringify(SETTINGS)});\n`;

/** `document` is made on first use: nobody may ever ask. `assets`: the folder with the page's script. */
export function docsRoutes(document: () => Promise<object>, assets: URL): readonly Route[] {
  const common = { method: "GET", action: "public", tag: "system", status: 200, answer: z.string() } as const;
  return [
    route({
      ...common,
      path: "/api/openapi.json",
      summary: "This API as an OpenAPI 3.1 document",
      answer: z.record(z.string(), z.unknown()),
      handle: async () => ({ body: await document() }),
    }),
    route({
      ...common,
      path: "/api/docs",
      summary: "This API as a page",
      type: "text/html",
      handle: () => ({
        text: PAGE,
        headers: { "content-type": "text/html; charset=utf-8", "content-security-policy": POLICY },
      }),
    }),
    route({
      ...common,
      path: "/api/docs/start.js",
      summary: "A part of the page",
      type: "text/javascript",
      handle: () => ({ text: START, headers: { "content-type": "text/javascript; charset=utf-8" } }),
    }),
    route({
      ...common,
      path: "/api/docs/standalone.js",
      summary: "A part of the page",
      type: "text/javascript",
      handle: () => ({
        // Copied by the build, so that the page needs no network.
        file: fileURLToPath(new URL("standalone.js", assets)),
        headers: {
          "content-type": "text/javascript; charset=utf-8",
          "cache-control": "public, max-age=86400",
        },
      }),
    }),
    route({
      ...common,
      path: "/api/v1/docs",
      summary: "The page, by its older address",
      type: "text/html",
      status: 308,
      handle: () => ({ text: "", headers: { location: "/api/docs" } }),
    }),
  ];
}
