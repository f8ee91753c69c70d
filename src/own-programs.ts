import { fileURLToPath } from "node:url";

import { ServerEntry } from "./domain/server.ts";

/** A file of the program that is run on its own: compiled, or as it was written. */
export function programAt(home: URL, name: string): URL {
  return new URL(`${name}.${import.meta.url.endsWith(".ts") ? "ts" : "js"}`, home);
}

/** The bundled server, a child process like any other, so that the first call works without a network. */
export function demoEntry(home: URL): ServerEntry {
  const program = fileURLToPath(programAt(home, "demo/demo-server"));
  const args = program.endsWith(".ts") ? ["--import", "tsx", program] : [program];
  const description = "Bundled demo tools; switch it off with gateway.demo: false";
  return ServerEntry.parse({ type: "stdio", command: process.execPath, args, description });
}
