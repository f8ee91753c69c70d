#!/usr/bin/env node
import { once } from "node:events";
import { readFileSync, realpathSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { homedir } from "node:os";
import { fileURLToPath } from "node:url";
import { setFlagsFromString } from "node:v8";

import type { CliDeps, RunningGateway, StartOptions } from "./cli/cli.ts";
import type { Config } from "./config/config.ts";

// What a call leaves behind dies young, but V8 learns from the start-up, where things live long, to put it with the old:
// the heap doubles and a call costs a fifth more (docs/adr/0006). Before anything else is loaded.
setFlagsFromString("--no-allocation-site-pretenuring");
// Loading code must not blow up the young generation, which never shrinks again; calls may let it grow.
setFlagsFromString("--semi-space-growth-factor=1");

const manifest = new URL("../package.json", import.meta.url);
const { version } = JSON.parse(readFileSync(manifest, "utf8")) as { version: string };

const home = new URL("./", import.meta.url);

/** Rejects with EADDRINUSE when the port is taken; then nothing is left open. */
async function startGateway(config: Config, { logger, firstKey }: StartOptions): Promise<RunningGateway> {
  // Only here: the other commands start in half the time without it.
  const { createGateway } = await import("./gateway.ts");
  const gateway = await createGateway(config, { env: process.env, logger, version, home });
  const { host, port } = config.gateway.listen;
  try {
    gateway.http.listen(port, host);
    await once(gateway.http, "listening");
  } catch (error) {
    await gateway.close();
    throw error;
  }
  gateway.start();
  setFlagsFromString("--semi-space-growth-factor=2");
  const { port: bound } = gateway.http.address() as AddressInfo;
  const name = host === "0.0.0.0" || host === "::" ? "127.0.0.1" : host;
  const url = `http://${name.includes(":") ? `[${name}]` : name}:${bound}`;
  // Not before the port is ours: a key that nobody is shown would be lost.
  const adminKey = firstKey === true ? await gateway.createAdminKey() : undefined;
  return { url, adminKey, localKey: gateway.localKey, close: () => gateway.close() };
}

const stop = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.on(signal, () => {
    // A second signal is from somebody who does not want to wait for calls in flight.
    if (stop.signal.aborted) process.exit(1);
    stop.abort();
  });
}
// Whoever reads our output may leave first (`switchgear ls | head`).
for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});

const deps: CliDeps = {
  env: process.env,
  cwd: process.cwd(),
  home: homedir(),
  platform: process.platform,
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  isTTY: process.stdout.isTTY,
  startGateway,
  version,
  launch: [process.execPath, realpathSync(fileURLToPath(import.meta.url))],
  stop: stop.signal,
};
const { runCli } = await import("./cli/cli.ts");
process.exitCode = await runCli(process.argv.slice(2), deps);
