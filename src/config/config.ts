import { readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";

import { ConfigError } from "./config-error.ts";
import { explainIssues } from "./config-issues.ts";
import { ConfigText } from "./config-text.ts";
import { expandGateway } from "./expand-gateway.ts";
import { ConfigFile } from "./file-schema.ts";
import { resolveGateway } from "./resolve-gateway.ts";
import type { Config, Surroundings } from "./settings.ts";

export type { Config, EmbedderConfig } from "./settings.ts";
export type { Environment } from "./variables.ts";
export { type ClientConfig, readClientConfig, readClientConfigs } from "./client-configs.ts";
export { CLIENTS, type Client, type Machine } from "./client-places.ts";
export { configJsonSchema } from "./json-schema.ts";
export { expandVariables } from "./variables.ts";

/**
 * The config of `file`, or of the first that exists of SWITCHGEAR_CONFIG, ./switchgear.jsonc, ./switchgear.json and
 * <data dir>/switchgear.jsonc, or the defaults. Throws a GatewayError `config_invalid` or `needs_input`.
 */
export function loadConfig(options: Surroundings & { readonly file?: string | undefined }): Config {
  const { env, cwd, home } = options;
  const asked = options.file ?? presence(env["SWITCHGEAR_CONFIG"]);
  if (asked !== undefined)
    return parseConfigText(read(resolve(cwd, asked)), { ...options, file: resolve(cwd, asked) });
  const dataDir = options.overrides?.dataDir ?? presence(env["SWITCHGEAR_DATA"]) ?? join(home, ".switchgear");
  for (const place of ["switchgear.jsonc", "switchgear.json", join(dataDir, "switchgear.jsonc")]) {
    const text = readIfThere(resolve(cwd, place));
    if (text !== undefined) return parseConfigText(text, { ...options, file: resolve(cwd, place) });
  }
  return parseConfigText("", options);
}

/** The config that `text` describes. `file` is its absolute path, if it came from one. */
export function parseConfigText(
  text: string,
  options: Surroundings & { readonly file?: string | undefined },
): Config {
  const { cwd, file } = options;
  const source = new ConfigText(text, file && shortPath(file, cwd));
  const value = expandGateway(source, options.env);
  const parsed = ConfigFile.safeParse(value);
  if (!parsed.success) {
    const [first, ...others] = explainIssues(parsed.error.issues, value, source);
    throw new ConfigError(source.file, [first ?? { path: "", message: "not a config" }, ...others], {
      cause: parsed.error,
    });
  }
  const { mcpServers, profiles, gateway } = parsed.data;
  return {
    ...(file === undefined ? {} : { file }),
    mcpServers,
    profiles,
    gateway: resolveGateway(gateway, source, { ...options, base: file === undefined ? cwd : dirname(file) }),
  };
}

function presence(text: string | undefined): string | undefined {
  return text === "" ? undefined : text;
}

function shortPath(file: string, cwd: string): string {
  const path = relative(cwd, file);
  return path.startsWith("..") ? file : path;
}

function read(file: string): string {
  const text = readIfThere(file);
  if (text !== undefined) return text;
  throw new ConfigError(file, [{ path: "", message: "this config file does not exist" }]);
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw new ConfigError(file, [{ path: "", message: `this config file cannot be read (${code})` }], {
      cause,
    });
  }
}
