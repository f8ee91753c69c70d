import type { Command } from "commander";

import { type CommandKit, withCommon } from "../command-kit.ts";
import type { CommonOptions } from "../context.ts";
import { type Check, localChecks, remoteChecks } from "../doctor-checks.ts";
import { EXIT } from "../exit-codes.ts";
import { stderrLines } from "../health-text.ts";
import type { Output } from "../output.ts";
import { oneLine } from "../printable.ts";

export function addDoctor(program: Command, kit: CommandKit): void {
  withCommon(
    program
      .command("doctor")
      .description("check this machine, the config, the gateway and its servers")
      .argument("[server]", "connect to this one now, and say what is wrong with it"),
  ).action((server: string | undefined, options: CommonOptions) =>
    kit.run(options, async (context) => {
      const checks = [...localChecks(context), ...(await remoteChecks(context, server))];
      const failed = checks.filter(({ status }) => status === "fail");
      context.out.result({ ok: failed.length === 0, checks }, () => report(checks, context.out));
      if (failed.length === 0) return EXIT.ok;
      return failed.some(({ name }) => name === "config") ? EXIT.config : EXIT.failed;
    }),
  );
}

function report(checks: readonly Check[], out: Output): string {
  const look = { ok: ["✓", "green"], warn: ["▲", "yellow"], fail: ["✗", "red"] } as const;
  const width = Math.max(...checks.map(({ name }) => name.length));
  const indent = " ".repeat(width + 4);
  const lines = checks.flatMap(({ name, status, summary, fix, stderr_tail }) => {
    const [sign, colour] = look[status];
    return [
      `${out.paint(colour)(sign)} ${name.padEnd(width)}  ${oneLine(summary)}`,
      ...stderrLines(stderr_tail, out).map((line) => `${indent}${line}`),
      ...(fix === undefined ? [] : [`${indent}${out.paint("cyan")("fix")} ${oneLine(fix)}`]),
    ];
  });
  const count = (status: Check["status"]) => checks.filter((check) => check.status === status).length;
  const [bad, doubtful] = [count("fail"), count("warn")];
  const verdict = bad + doubtful === 0 ? "All is well." : `${bad} to repair, ${doubtful} to look at.`;
  return [...lines, "", verdict].join("\n");
}
