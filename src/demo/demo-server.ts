#!/usr/bin/env node
import { createInterface } from "node:readline";

import { Demo } from "./demo.ts";

/** The bundled demo upstream: a program of its own that speaks MCP on stdin and stdout and needs nothing else. */
const demo = new Demo((message) => process.stdout.write(`${JSON.stringify(message)}\n`));

// The gateway has gone: there is nobody to write to.
process.stdout.on("error", () => process.exit(0));
createInterface({ input: process.stdin, crlfDelay: Infinity })
  .on("line", (line) => {
    if (line.trim() !== "") demo.receive(line).catch(() => process.exit(1));
  })
  .on("close", () => demo.close());
