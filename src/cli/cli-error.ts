import { type ErrorCode, type ErrorOptions, GatewayError } from "../domain/errors.ts";
import { EXIT, EXIT_OF, type ExitCode } from "./exit-codes.ts";

/** Failures that only a command line has. */
type CliCode = "usage" | "not_running" | "port_in_use";

/** A failure that ends the command with an exit code of its own. */
export class CliError extends GatewayError {
  readonly exitCode: ExitCode;
  /** What is shown: a code of the gateway, or one of the command line's own. */
  readonly shownCode: ErrorCode | CliCode;

  constructor(
    exitCode: ExitCode,
    code: ErrorCode,
    message: string,
    options: ErrorOptions & { readonly shownCode?: CliCode } = {},
  ) {
    super(code, message, options);
    this.exitCode = exitCode;
    this.shownCode = options.shownCode ?? code;
  }
}

export function usageError(message: string, hint?: string): CliError {
  const fix = hint === undefined ? [] : [{ label: hint }];
  return new CliError(EXIT.usage, "invalid_request", message, { shownCode: "usage", fix });
}

export function notRunning(url: string, cause?: unknown): CliError {
  return new CliError(EXIT.notRunning, "upstream_unavailable", `No gateway answers at ${url}.`, {
    shownCode: "not_running",
    cause,
    fix: [
      { label: "Start it", command: "switchgear serve" },
      { label: "Or, in the project's folder", command: "npm start" },
      { label: "If it runs elsewhere, name it with --url or SWITCHGEAR_URL" },
    ],
  });
}

export function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof CliError) return error.exitCode;
  return error instanceof GatewayError ? EXIT_OF[error.code] : EXIT.failed;
}
