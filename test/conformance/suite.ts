import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const REVISIONS = ["2025-11-25", "2026-07-28"] as const;
export type Revision = (typeof REVISIONS)[number];

export type Status = "SUCCESS" | "FAILURE" | "WARNING" | "SKIPPED" | "INFO";

/** One verdict of the suite. `key` is unique in a run: scenario, check, and which of several of that name. */
export interface Check {
  readonly key: string;
  readonly status: Status;
  readonly message?: string;
}

interface WrittenCheck {
  readonly id: string;
  readonly status: Status;
  readonly errorMessage?: string;
}

/**
 * The suite wants Node 22 for one name, `fs.globSync`, which a run against a server never calls. Node 20 gets that name
 * from a module hook, so that no second Node has to be installed.
 */
const GLOB_MODULE = `export * from "node:fs";
export { default } from "node:fs";
export const globSync = () => { throw new Error("fs.globSync needs Node 22"); };`;
const HOOKS = `export function resolve(specifier, context, next) {
  if (specifier !== "fs" || !context.parentURL?.includes("/conformance/dist/")) return next(specifier, context);
  return { url: ${JSON.stringify(asUrl(GLOB_MODULE))}, shortCircuit: true };
}`;
const LOADER = `import { register } from "node:module"; register(${JSON.stringify(asUrl(HOOKS))});`;

function asUrl(source: string): string {
  return `data:text/javascript,${encodeURIComponent(source)}`;
}

function program(): readonly string[] {
  const require = createRequire(import.meta.url);
  const manifest = require.resolve("@modelcontextprotocol/conformance/package.json");
  const main = join(dirname(manifest), "dist/index.js");
  const isOld = Number(process.versions.node.split(".")[0]) < 22;
  return isOld ? ["--import", asUrl(LOADER), main] : [main];
}

/** Runs all server scenarios of a revision, scored or not, against one endpoint. */
export function runSuite(url: string, revision: Revision): Promise<readonly Check[]> {
  return run(["server", "--url", url, "--requirements", revision], {});
}

const CLIENT_DRIVER = fileURLToPath(new URL("./client-driver.js", import.meta.url));

/** Runs the client scenarios of a revision: the suite's own server, driven by a client, behind a gateway if there is one. */
export async function runClientSuite(
  revision: Revision,
  scenarios: readonly string[],
  gateway?: { readonly url: string; readonly key: string },
): Promise<readonly Check[]> {
  const env = gateway && { SWITCHGEAR_URL: gateway.url, SWITCHGEAR_KEY: gateway.key };
  const checks: Check[] = [];
  for (const scenario of scenarios) {
    const command = `${process.execPath} ${CLIENT_DRIVER}`;
    const args = ["client", "--command", command, "--scenario", scenario, "--spec-version", revision];
    checks.push(...(await run(args, env ?? {})));
  }
  return checks;
}

async function run(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<readonly Check[]> {
  const folder = mkdtempSync(join(tmpdir(), "switchgear-conformance-"));
  try {
    const child = spawn(process.execPath, [...program(), ...args, "--output-dir", folder], {
      stdio: ["ignore", "ignore", "pipe"],
      env: { ...process.env, ...env },
    });
    let stderr = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
    await once(child, "close");
    const checks = readChecks(folder);
    if (checks.length === 0) throw new Error(`the conformance suite left no result:\n${stderr}`);
    return checks;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function readChecks(folder: string): readonly Check[] {
  return readdirSync(folder).flatMap((result) => {
    const scenario = /^(?:server-)?(.+)-\d{4}-\d\d-\d\dT[\d-]+Z$/.exec(result)?.[1] ?? result;
    const written = JSON.parse(readFileSync(join(folder, result, "checks.json"), "utf8")) as WrittenCheck[];
    return numberChecks(scenario, written);
  });
}

/** Ids repeat within a scenario. Plain information is no verdict and is left out. */
export function numberChecks(scenario: string, written: readonly WrittenCheck[]): readonly Check[] {
  const seen = new Map<string, number>();
  return written
    .filter(({ id, status }) => status !== "INFO" || !/^(?:incoming|outgoing|stream)-/.test(id))
    .map(({ id, status, errorMessage }) => {
      const count = (seen.get(id) ?? 0) + 1;
      seen.set(id, count);
      const key = `${scenario}:${id}${count === 1 ? "" : `#${count}`}`;
      return { key, status, ...(errorMessage === undefined ? {} : { message: errorMessage }) };
    });
}
