import { spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { delimiter, join } from "node:path";

const found = new Map<string, string | undefined>();

/**
 * The path of a program that tests need. On Debian, as root, its package is installed when it is missing; elsewhere
 * the reason is printed and nothing is answered: then the suite must not define its tests.
 * `folders` are searched before PATH; a `*` stands for one folder, the highest version first.
 */
export function ensureInstalled(
  binary: string,
  debianPackage: string,
  folders: readonly string[] = [],
): string | undefined {
  if (!found.has(binary)) {
    found.set(binary, locate(binary, folders) ?? install(binary, debianPackage, folders));
  }
  return found.get(binary);
}

function locate(binary: string, folders: readonly string[]): string | undefined {
  const path = (process.env["PATH"] ?? "").split(delimiter).filter((folder) => folder !== "");
  return [...folders.flatMap(expand), ...path]
    .map((folder) => join(folder, binary))
    .find((file) => existsSync(file));
}

function expand(pattern: string): readonly string[] {
  const [before = "", after] = pattern.split("*");
  if (after === undefined) return [pattern];
  if (!existsSync(before)) return [];
  const newestFirst = readdirSync(before).sort((a, b) => b.localeCompare(a, "en", { numeric: true }));
  return newestFirst.map((folder) => join(before, folder, after));
}

function install(binary: string, debianPackage: string, folders: readonly string[]): string | undefined {
  if (!existsSync("/etc/debian_version") || process.getuid?.() !== 0) {
    return skip(binary, "it is not installed, and only root on Debian may install it here");
  }
  say(`installing ${debianPackage}, because ${binary} is missing`);
  if (!aptGet("install", "-y", "--no-install-recommends", debianPackage)) {
    aptGet("update");
    aptGet("install", "-y", "--no-install-recommends", debianPackage);
  }
  return locate(binary, folders) ?? skip(binary, `apt-get could not install ${debianPackage}`);
}

function aptGet(...args: readonly string[]): boolean {
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  return (
    spawnSync("/usr/bin/apt-get", ["-q", ...args], { env, stdio: ["ignore", "ignore", "inherit"] }).status ===
    0
  );
}

/** Where nothing may be left out (`SWITCHGEAR_NO_SKIP`, as in CI), a missing program fails the run. */
function skip(binary: string, reason: string): undefined {
  if (process.env["SWITCHGEAR_NO_SKIP"]) throw new MissingProgram(`${binary}: ${reason}`);
  say(`tests that need ${binary} are left out: ${reason}`);
  return undefined;
}

function say(text: string): void {
  process.stderr.write(`[tests] ${text}\n`);
}

class MissingProgram extends Error {}
