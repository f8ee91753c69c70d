import { type ErrorCode, type Fix, GatewayError } from "../domain/errors.ts";

/** One mistake in a config file. `message` says what was expected and never repeats a value. */
export interface ConfigIssue {
  readonly path: string;
  readonly message: string;
  readonly expected?: string | undefined;
  /** Both count from 1; absent for a mistake in an environment variable or an option. */
  readonly line?: number | undefined;
  readonly column?: number | undefined;
  readonly suggestion?: string | undefined;
}

/** The first mistake is the message; all of them are in `details.issues`. */
export class ConfigError extends GatewayError {
  constructor(
    file: string | undefined,
    issues: readonly [ConfigIssue, ...ConfigIssue[]],
    options: { code?: ErrorCode; cause?: unknown; fix?: readonly Fix[] } = {},
  ) {
    const [first] = issues;
    super(options.code ?? "config_invalid", sentence(file, first), {
      cause: options.cause,
      ...(options.fix === undefined ? {} : { fix: options.fix }),
      details: {
        file,
        line: first.line,
        column: first.column,
        path: first.path,
        expected: first.expected,
        issues: issues.map((issue) => ({ ...issue, text: sentence(file, issue) })),
      },
    });
  }
}

/** `switchgear.jsonc:7:9 mcpServers.github.urll: unknown key; did you mean "url"?` */
function sentence(file: string | undefined, issue: ConfigIssue): string {
  const place = [file, issue.line, issue.column].filter((part) => part !== undefined).join(":");
  return [place, issue.path === "" ? issue.message : `${issue.path}: ${issue.message}`]
    .filter((part) => part !== "")
    .join(" ");
}
