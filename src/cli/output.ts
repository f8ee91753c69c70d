import type { Writable } from "node:stream";

import { GatewayError } from "../domain/errors.ts";
import type { CliDeps } from "./cli-deps.ts";
import { CliError, exitCodeOf } from "./cli-error.ts";
import { oneLine, printable } from "./printable.ts";
import { type Paint, type Row, formatTable } from "./table.ts";

type Colour = "red" | "green" | "yellow" | "cyan" | "dim" | "bold";
const SGR: Readonly<Record<Colour, readonly [number, number]>> = {
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  cyan: [36, 39],
  dim: [2, 22],
  bold: [1, 22],
};

/** Results on stdout, everything else on stderr. With `json`, stdout holds exactly one JSON document. */
export class Output {
  readonly json: boolean;
  readonly isTTY: boolean;
  readonly #stdout: Writable;
  readonly #stderr: Writable;
  readonly #coloured: boolean;

  constructor(deps: Pick<CliDeps, "stdout" | "stderr" | "isTTY" | "env">, json: boolean) {
    this.json = json;
    this.isTTY = deps.isTTY;
    this.#stdout = deps.stdout;
    this.#stderr = deps.stderr;
    this.#coloured = deps.isTTY && !deps.env["NO_COLOR"] && deps.env["TERM"] !== "dumb" && !json;
  }

  paint(colour: Colour): Paint {
    const [on, off] = SGR[colour];
    return this.#coloured ? (text) => `\u001B[${on}m${text}\u001B[${off}m` : String;
  }

  /** `value` for programs or `text` for people, whichever was asked for. */
  result(value: unknown, text: () => string): void {
    this.print(this.json ? JSON.stringify(value, null, 2) : text());
  }

  print(text: string): void {
    this.#stdout.write(`${text}\n`);
  }

  /** A word on how it goes, for people only. */
  progress(text: string): void {
    if (!this.json) this.#stderr.write(`${this.paint("dim")(text)}\n`);
  }

  table(heading: readonly string[], rows: readonly Row[]): string {
    const { columns } = this.#stdout as Writable & { readonly columns?: number };
    return formatTable(heading, rows, this.isTTY ? (columns ?? 100) : undefined, this.paint("dim"));
  }

  /** The code, the sentence and what to do, on stderr. */
  failure(error: unknown): void {
    const { code, message, fix, details, executed } = described(error);
    if (this.json) {
      const document = { error: { code, message, fix, details, executed, exit_code: exitCodeOf(error) } };
      this.#stderr.write(`${JSON.stringify(document, null, 2)}\n`);
      return;
    }
    const lines = [`${this.paint("red")("error")} ${printable(message)} ${this.paint("dim")(`[${code}]`)}`];
    lines.push(...otherIssues(details).map((text) => `      ${printable(text)}`));
    if (executed === "unknown") lines.push("  The tool may have run all the same.");
    for (const { label, command, href } of fix) {
      const what = command ?? href;
      const remedy = oneLine(label);
      lines.push(
        `  ${this.paint("cyan")("fix")} ${remedy}${what === undefined ? "" : `: ${this.paint("bold")(oneLine(what))}`}`,
      );
    }
    this.#stderr.write(`${lines.join("\n")}\n`);
  }
}

interface Described extends Pick<GatewayError, "message" | "fix" | "details" | "executed"> {
  readonly code: string;
}

function described(error: unknown): Described {
  if (error instanceof GatewayError) {
    const { message, fix, details, executed } = error;
    return {
      code: error instanceof CliError ? error.shownCode : error.code,
      message,
      fix,
      details,
      executed,
    };
  }
  const message = error instanceof Error ? error.message : "something unforeseen happened";
  return { code: "internal", message: `Unforeseen: ${message}`, fix: [], details: {}, executed: undefined };
}

/** A config has all its mistakes in the details; the first is the message. */
function otherIssues(details: Readonly<Record<string, unknown>>): readonly string[] {
  const issues = details["issues"];
  if (!Array.isArray(issues)) return [];
  return issues.slice(1).flatMap((issue: unknown) => {
    const text = (issue as { text?: unknown } | null)?.text;
    return typeof text === "string" ? [text] : [];
  });
}
