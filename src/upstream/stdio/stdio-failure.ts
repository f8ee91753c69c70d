import { type Fix, GatewayError } from "../../domain/errors.ts";
import { UpstreamBroken, UpstreamError, UpstreamUnavailable } from "../../domain/upstream-errors.ts";
import type { ChildExit } from "./child.ts";

/** Why a channel to a child has ended. */
export interface ChannelEnd {
  readonly code: "exited" | "reply_too_large" | "pipe_closed" | "no_handshake" | "disconnected";
  readonly reason: string;
  readonly exit?: ChildExit;
}

export interface ChildFacts {
  readonly server: string;
  readonly command: string;
  readonly stderrTail: string;
}

export function exitReason(exit: ChildExit): string {
  return exit.signal === null
    ? `the process exited with code ${exit.code ?? "unknown"}`
    : `the process was ended by ${exit.signal}`;
}

/** The failure of a call whose child went away. `sent`: whether its request had left. */
export function callFailure(facts: ChildFacts, end: ChannelEnd, sent: boolean): UpstreamError {
  const details = detailsOf(facts, end);
  if (!sent) return new UpstreamUnavailable(facts.server, end.reason, { details });
  if (end.code === "reply_too_large") {
    return new UpstreamError(
      "upstream_reply_too_large",
      facts.server,
      "unknown",
      `Upstream "${facts.server}" answered with more than may be read: ${end.reason}. The call may have been executed.`,
      { details },
    );
  }
  return new UpstreamBroken(facts.server, end.reason, { details });
}

/** The failure of a call, or of the handshake, whose answer came and could not be read. */
export function unreadable(facts: ChildFacts, outcome: "not_sent" | "unknown"): UpstreamError {
  return new UpstreamError(
    "upstream_protocol_error",
    facts.server,
    outcome,
    `Upstream "${facts.server}" gave an answer that is no valid JSON-RPC message.${outcome === "unknown" ? " The call may have been executed." : ""}`,
    { details: detailsOf(facts) },
  );
}

export function cancelled(sent: boolean): GatewayError {
  return new GatewayError("cancelled", "The call was cancelled.", {
    executed: sent ? "unknown" : "not_executed",
  });
}

/** The failure of a connection whose child went away before it had answered the handshake. */
export function handshakeFailure(facts: ChildFacts, end: ChannelEnd): UpstreamUnavailable {
  const suffix = end.code === "no_handshake" ? "" : " before it answered the MCP handshake";
  return new UpstreamUnavailable(facts.server, `${end.reason}${suffix}`, {
    details: detailsOf(facts, end),
    fix: [fixOf(facts, end)],
  });
}

/** The failure of a command that could not even be started. `NO_CWD` stands for a working directory that is not there. */
export function startFailure(
  facts: ChildFacts,
  cwd: string | undefined,
  cause: unknown,
): UpstreamUnavailable {
  const code = (cause as { code?: unknown } | null)?.code;
  const errno = typeof code === "string" ? code : "unknown error";
  const { reason, fix } = startProblem(facts.command, cwd ?? "", errno);
  return new UpstreamUnavailable(facts.server, reason, {
    cause,
    details: { ...detailsOf(facts), errno },
    fix: [fix],
  });
}

function startProblem(command: string, cwd: string, errno: string): { reason: string; fix: Fix } {
  switch (errno) {
    case "ENOENT":
      return {
        reason: `the command "${command}" was not found`,
        fix: shellFix(
          `Install "${command}", or give its full path as "command": it is not in the PATH of the gateway`,
          "command -v",
          command,
        ),
      };
    case "EACCES":
      return {
        reason: `the command "${command}" may not be executed`,
        fix: shellFix(
          "Make the file executable, or name its interpreter as the command",
          "chmod +x",
          command,
        ),
      };
    case "NO_CWD":
      return {
        reason: `its working directory "${cwd}" does not exist`,
        fix: shellFix('Correct "cwd" of the server, or create the directory', "mkdir -p", cwd),
      };
    default:
      return {
        reason: `the command "${command}" could not be started (${errno})`,
        fix: { label: "Run the command by hand to see what it says" },
      };
  }
}

/** People paste what a fix shows: a name that a shell would read differently is left to them. */
function shellFix(label: string, command: string, argument: string): Fix {
  return /^[\w@%+=:,./-]+$/.test(argument) ? { label, command: `${command} ${argument}` } : { label };
}

function detailsOf(facts: ChildFacts, end?: ChannelEnd): Readonly<Record<string, unknown>> {
  return {
    command: facts.command,
    exit_code: end?.exit?.code ?? null,
    signal: end?.exit?.signal ?? null,
    stderr_tail: facts.stderrTail,
  };
}

/** What the last words of a failed start usually mean. */
const LAST_WORDS: readonly (readonly [pattern: RegExp, label: string])[] = [
  [
    /\b(?:EAI_AGAIN|ENOTFOUND|ETIMEDOUT)\b|ECONNREFUSED.*registry|[Nn]etwork request/,
    "The package could not be fetched: check the network and proxy of the gateway, or install the package beforehand",
  ],
  [/\bE404\b|404 Not Found/, 'The package does not exist in the registry: check its name in "args"'],
  [
    /MODULE_NOT_FOUND|Cannot find module|ModuleNotFoundError|No such file/,
    'A file or module is missing: check the paths in "args" and "cwd", or install the dependencies',
  ],
  [
    /SyntaxError|Unsupported engine|requires Node/i,
    "The program does not fit this version of its runtime: install a newer one",
  ],
  [
    /api[ _-]?key|token|environment variable|credential|unauthori[sz]ed/i,
    'The program seems to miss a setting: declare it under "env" of the server',
  ],
];

function fixOf(facts: ChildFacts, end: ChannelEnd): Fix {
  if (end.code === "no_handshake") {
    return {
      label:
        'The program runs but does not speak MCP on stdin and stdout: check "args" (many need a "stdio" argument), or raise gateway.limits.connectMs when it is only slow',
    };
  }
  const known = LAST_WORDS.find(([pattern]) => pattern.test(facts.stderrTail));
  return {
    label: known?.[1] ?? "Run the command by hand in a terminal: it must stay running and wait for input",
  };
}
