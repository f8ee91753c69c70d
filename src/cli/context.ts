import { type Config, loadConfig, parseConfigText } from "../config/config.ts";
import { GatewayError } from "../domain/errors.ts";
import type { CliDeps } from "./cli-deps.ts";
import { usageError } from "./cli-error.ts";
import { GatewayClient } from "./gateway-client.ts";
import { Output } from "./output.ts";
import { readLocalKey, readState } from "./state-files.ts";

/** Options that every command has. */
export interface CommonOptions {
  readonly json?: boolean;
  readonly config?: string;
  readonly dataDir?: string;
  readonly url?: string;
  /** A boolean where a command means "create a key" by it. */
  readonly key?: string | boolean;
}

/** Where a running gateway is, and the key to it. */
export interface Target {
  readonly url: string;
  readonly key: string | undefined;
}

/** What a command works with. */
export class Context {
  readonly deps: CliDeps;
  readonly out: Output;
  readonly #options: CommonOptions;

  constructor(deps: CliDeps, options: CommonOptions) {
    this.deps = deps;
    this.out = new Output(deps, options.json === true);
    this.#options = options;
  }

  /** Throws `config_invalid` or `needs_input`. */
  loadConfig(overrides: { listen?: string | undefined; logLevel?: string | undefined } = {}): Config {
    const { env, cwd, home } = this.deps;
    const { config, dataDir } = this.#options;
    return loadConfig({ file: config, env, cwd, home, overrides: { ...overrides, dataDir } });
  }

  /** For commands that only need to find the gateway: a mistake in a config must not keep them from it. */
  lenientConfig(): Config {
    const { cwd, home } = this.deps;
    const env = { SWITCHGEAR_DATA: this.deps.env["SWITCHGEAR_DATA"] };
    try {
      return this.loadConfig();
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error;
      return parseConfigText("", { env, cwd, home, overrides: { dataDir: this.#options.dataDir } });
    }
  }

  get dataDir(): string {
    return this.lenientConfig().gateway.dataDir;
  }

  /** The address that the user named, if any. */
  get namedUrl(): string | undefined {
    return presence(this.#options.url) ?? presence(this.deps.env["SWITCHGEAR_URL"]);
  }

  /** The address as given, else that of the gateway which runs on the data folder, else the configured one. */
  target(): Target {
    const { env } = this.deps;
    const { dataDir, listen } = this.lenientConfig().gateway;
    const state = readState(dataDir);
    const local = [state?.url, listenUrl(listen)].flatMap((url) =>
      url === undefined ? [] : [originOf(url)],
    );
    const url = this.namedUrl ?? local[0] ?? "";
    const origin = originOf(url);
    const given = typeof this.#options.key === "string" ? this.#options.key : undefined;
    const key = given ?? presence(env["SWITCHGEAR_API_KEY"]);
    // The local key opens everything on this machine: it is never sent to another address.
    return { url: origin, key: key ?? (local.includes(origin) ? readLocalKey(dataDir) : undefined) };
  }

  client(target: Target = this.target()): GatewayClient {
    return new GatewayClient({ ...target, signal: this.deps.stop, fetch: this.deps.fetch ?? fetch });
  }
}

function listenUrl({ host, port }: Config["gateway"]["listen"]): string {
  const name = host === "0.0.0.0" || host === "::" ? "127.0.0.1" : host;
  return `http://${name.includes(":") ? `[${name}]` : name}:${port}`;
}

function originOf(url: string): string {
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))
    throw usageError("The address of the gateway is not an http or https URL.", "Like http://127.0.0.1:4470");
  return new URL(url).origin;
}

function presence(text: string | undefined): string | undefined {
  return text === "" ? undefined : text;
}
