import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough, Readable } from "node:stream";

import { type CliDeps, type RunningGateway, runCli } from "../../src/cli/cli.ts";

export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  /** What stdout holds, as JSON. */
  readonly json: Readonly<Record<string, unknown>>;
}

/** Runs commands in this process, in a home and a working folder of their own. */
export class CommandLine {
  readonly folder = mkdtempSync(join(tmpdir(), "sg-cli-"));
  readonly home = this.folder;
  env: Record<string, string> = {};
  isTTY = false;
  stdin = "";
  stop = new AbortController();
  startGateway: CliDeps["startGateway"] = () => Promise.reject(new TypeError("no gateway in this test"));

  get dataDir(): string {
    return join(this.home, ".switchgear");
  }

  async run(...argv: readonly string[]): Promise<Ended> {
    const [stdout, stderr] = [collector(), collector()];
    const code = await runCli(argv, {
      env: this.env,
      cwd: this.folder,
      home: this.home,
      platform: "linux",
      stdin: Readable.from([this.stdin]),
      stdout: stdout.stream,
      stderr: stderr.stream,
      isTTY: this.isTTY,
      startGateway: (config, options) => this.startGateway(config, options),
      version: "1.2.3",
      launch: ["/usr/bin/node", "/opt/switchgear/main.js"],
      stop: this.stop.signal,
    });
    return {
      code,
      stdout: stdout.text(),
      stderr: stderr.text(),
      get json() {
        return JSON.parse(stdout.text()) as Ended["json"];
      },
    };
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** A gateway that is nothing but its address. */
export function fakeGateway(url: string, options: Partial<RunningGateway> = {}): RunningGateway {
  return { url, localKey: "swg_local_key", close: () => Promise.resolve(), ...options };
}

function collector(): { stream: PassThrough; text: () => string } {
  const chunks: Buffer[] = [];
  const stream = new PassThrough();
  stream.on("data", (chunk: Buffer) => chunks.push(chunk));
  return { stream, text: () => Buffer.concat(chunks).toString("utf8") };
}
