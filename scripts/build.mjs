// Makes dist/: the program in few files, because hundreds of small ones cost half a second at each start, and what the
// pages need. Types are not looked at here; `npm run lint` and `npm test` do that.
import { copyFile, mkdir, rm } from "node:fs/promises";
import { fileURLToPath } from "node:url";

import { build } from "esbuild";

const root = new URL("../", import.meta.url);
const path = (name) => fileURLToPath(new URL(name, root));

await rm(path("dist"), { recursive: true, force: true });
await build({
  absWorkingDir: path("."),
  entryPoints: ["src/main.ts", "src/demo/demo-server.ts", "src/search/embedders/embed-thread.ts"],
  outbase: "src",
  outdir: "dist",
  bundle: true,
  splitting: true,
  format: "esm",
  platform: "node",
  target: "node20",
  mainFields: ["module", "main"],
  // Native code, and what only some gateways load.
  external: [
    "libsql",
    "pg",
    "ioredis",
    "rate-limiter-flexible",
    "undici",
    "ajv",
    "@huggingface/transformers",
  ],
  chunkNames: "parts/[name]-[hash]",
  sourcemap: true,
  sourcesContent: false,
  legalComments: "none",
  logLevel: "warning",
  // Packages in the older module format ask for `require`.
  banner: {
    js: 'import { createRequire as switchgearRequire } from "node:module"; const require = switchgearRequire(import.meta.url);',
  },
});

const assets = new URL("dist/assets/", root);
await mkdir(assets, { recursive: true });
const page = new URL("./browser/standalone.js", import.meta.resolve("@scalar/api-reference"));
await copyFile(page, new URL("standalone.js", assets));
