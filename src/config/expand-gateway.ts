import { GatewayError } from "../domain/errors.ts";
import { isJsonObject } from "../domain/json.ts";
import { ConfigError } from "./config-error.ts";
import { type ConfigText, type Path, showPath } from "./config-text.ts";
import { type Environment, expandVariables } from "./variables.ts";

/** The file's value with the references under `gateway` replaced; those of servers wait until they are connected. */
export function expandGateway(source: ConfigText, env: Environment): unknown {
  const value = source.value;
  if (!isJsonObject(value) || value["gateway"] === undefined) return value;
  return { ...value, gateway: expand(value["gateway"], ["gateway"], source, env) };
}

function expand(value: unknown, path: Path, source: ConfigText, env: Environment): unknown {
  if (typeof value === "string") return expandAt(value, path, source, env);
  if (Array.isArray(value)) return value.map((item, index) => expand(item, [...path, index], source, env));
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, field]) => [key, expand(field, [...path, key], source, env)]),
  );
}

function expandAt(text: string, path: Path, source: ConfigText, env: Environment): string {
  try {
    return expandVariables(text, env);
  } catch (cause) {
    if (!(cause instanceof GatewayError)) throw cause;
    const issue = { path: showPath(path), message: cause.message, ...source.position(path) };
    throw new ConfigError(source.file, [issue], { code: cause.code, cause, fix: cause.fix });
  }
}
