// Runs every example against a gateway of its own, and the commands of the README that are marked to be run.
import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const main = join(root, "dist", "main.js");
let failed = 0;

for (const name of readdirSync(join(root, "examples"), { withFileTypes: true })) {
  if (name.isDirectory()) await runExample(name.name);
}
await runReadme();
process.exitCode = failed === 0 ? 0 : 1;

async function runExample(name) {
  const folder = join(root, "examples", name);
  const config = join(folder, "switchgear.jsonc");
  await withGateway(existsSync(config) ? ["--config", config] : [], async (env) => {
    const script = existsSync(join(folder, "run.sh")) ? ["bash", "run.sh"] : [process.execPath, "run.mjs"];
    report(`example ${name}`, await run(script, { cwd: folder, env }));
  });
}

/** A block counts if the line above it is `<!-- run -->`; `switchgear` in it is the one that was just built. */
async function runReadme() {
  const text = readFileSync(join(root, "README.md"), "utf8");
  const blocks = [...text.matchAll(/<!-- run -->\n```(?:bash|sh)\n([\s\S]*?)```/g)].map((match) => match[1]);
  if (blocks.length === 0) return report("README: no block is marked <!-- run -->", 1);
  await withGateway([], async (env, folder) => {
    const bin = join(folder, "bin");
    mkdirSync(bin);
    writeFileSync(join(bin, "switchgear"), `#!/bin/sh\nexec "${process.execPath}" "${main}" "$@"\n`, {
      mode: 0o755,
    });
    for (const [index, block] of blocks.entries()) {
      const path = { ...env, PATH: `${bin}:${process.env.PATH}` };
      report(
        `README block ${index + 1}`,
        await run(["bash", "-euo", "pipefail", "-c", block], { cwd: root, env: path }),
      );
    }
  });
}

async function withGateway(args, use) {
  const folder = mkdtempSync(join(tmpdir(), "switchgear-example-"));
  const data = join(folder, "data");
  const base = {
    ...process.env,
    EXAMPLE_FOLDER: folder,
    SWITCHGEAR_DATA: data,
    SWITCHGEAR_LOG_LEVEL: "warn",
  };
  const gateway = spawn(process.execPath, [main, "serve", "--listen", "127.0.0.1:0", ...args], {
    // npx finds the pinned servers of this project's own node_modules here.
    cwd: root,
    env: base,
    stdio: ["ignore", "ignore", "ignore"],
  });
  try {
    const { url } = JSON.parse(await appears(join(data, "gateway.json")));
    const key = readFileSync(join(data, "local-key"), "utf8").trim();
    await knowsTools(url, key);
    await use({ ...base, SWITCHGEAR_URL: url, SWITCHGEAR_API_KEY: key }, folder);
  } finally {
    gateway.kill("SIGTERM");
    if (gateway.exitCode === null) await once(gateway, "exit");
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The listener is up before any upstream is; over REST a list is what is known at that moment. */
async function knowsTools(url, key) {
  for (let waited = 0; waited < 15_000; waited += 100) {
    const response = await fetch(`${url}/api/v1/tools`, { headers: { authorization: `Bearer ${key}` } });
    if ((await response.json()).items.length > 0) return;
    await new Promise((later) => setTimeout(later, 100));
  }
  throw new Error("the demo server did not start");
}

async function appears(file) {
  for (let waited = 0; waited < 15_000; waited += 50) {
    if (existsSync(file)) return readFileSync(file, "utf8");
    await new Promise((later) => setTimeout(later, 50));
  }
  throw new Error(`the gateway did not start: ${file} is missing`);
}

async function run([command, ...args], options) {
  const child = spawn(command, args, { ...options, stdio: ["ignore", "inherit", "inherit"] });
  const [code] = await once(child, "exit");
  return code ?? 1;
}

function report(what, code) {
  console.log(`${code === 0 ? "✓" : "✗"} ${what}`);
  if (code !== 0) failed++;
}
