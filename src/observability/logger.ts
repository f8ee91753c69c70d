import { pino } from "pino";

export type LogFields = Readonly<Record<string, unknown>>;
export type LogLevel = "debug" | "info" | "warn" | "error" | "silent";

/** JSON lines. A fixed message and fields, never a built sentence; no arguments of calls, no secrets. */
export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}

/** Errors among the fields are written with their code and message; stacks only at level `debug`. */
export function createLogger(options: { level: LogLevel; write: (line: string) => void }): Logger {
  const out = pino(
    {
      level: options.level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    { write: options.write },
  );
  const plain = (fields: LogFields): LogFields =>
    Object.fromEntries(Object.entries(fields).map(([key, value]) => [key, describe(value, options.level)]));
  return {
    debug: (message, fields = {}) => out.debug(plain(fields), message),
    info: (message, fields = {}) => out.info(plain(fields), message),
    warn: (message, fields = {}) => out.warn(plain(fields), message),
    error: (message, fields = {}) => out.error(plain(fields), message),
  };
}

function describe(value: unknown, level: LogLevel): unknown {
  if (!(value instanceof Error)) return value;
  const code = (value as { code?: unknown }).code;
  return {
    name: value.name,
    ...(typeof code === "string" ? { code } : {}),
    message: value.message,
    ...(level === "debug" ? { stack: value.stack } : {}),
  };
}
