import { parseArgs } from "node:util";

import { type Child, LoadGenerator, commandOf, pathOf, startServer } from "./children.ts";
import { Gateway, type Servers } from "./gateway.ts";
import { callLegs, growthPromise, listPromise, promisesOf, sessionPromises, stdioPromise } from "./legs.ts";
import { rssMiB } from "./process-meter.ts";
import { type Leg, type Row, isKept, printLegs, printRows } from "./report.ts";
import { type Pace, type Way, median } from "./rounds.ts";

const { values: options } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
    main: { type: "string", default: pathOf("../dist/main.js") },
    only: { type: "string", default: "direct,forwarder,switchgear" },
  },
});

const FULL: Pace = { rounds: 5, warmMs: 500, measureMs: 2_000 };
const QUICK: Pace = { rounds: 2, warmMs: 150, measureMs: 600 };
const pace = options.quick ? QUICK : FULL;
const only = new Set(options.only.split(","));

const load = new LoadGenerator();
const upstream = await startServer("http-upstream.ts");
const forwarder = await startServer("forwarder.ts", upstream.origin);
const children: Child[] = [upstream, forwarder];
const rows: Row[] = [];
let legs: Leg[] = [];
const unmeasured: string[] = [];

try {
  if (only.has("switchgear")) await benchSwitchgear();
  else legs = await callLegs(load, (era) => waysOf(era), pace);
} finally {
  load.stop();
  await Promise.all(children.map((child) => child.stop()));
}
process.stdout.write(options.json ? asJson() : asText());
process.exitCode = unmeasured.length > 0 ? 1 : 0;

async function benchSwitchgear(): Promise<void> {
  await measure("start to ready", async () => [await startPromise()]);
  const gateway = await Gateway.start(options.main, fewServers());
  await sleep(1_000);
  const idleMiB = rssMiB(gateway.pid);
  await measure("calls", async () => {
    legs = await callLegs(load, (era) => waysOf(era, gateway), pace);
    return [...promisesOf(legs), ...memoryPromises(idleMiB)];
  });
  await measure("stdio", async () => [await stdioPromise(load, gateway, pace)]);
  await measure("sessions", () => sessionPromises(load, gateway, options.quick ? 4_000 : 9_000));
  await measure("tools/list of 1,000", () => withGateway(manyServers(1), (one) => lists(one, 1_000)));
  await measure("tools/list of 10,000", () =>
    withGateway({ ...manyServers(10), ...fewServers() }, async (many) => [
      ...(await lists(many, 10_003)),
      // Against a gateway that is as young: one that has run for long has better compiled code.
      await withGateway(fewServers(), (few) => growthPromise(load, few, many, pace)),
    ]),
  );
  await gateway.stop();
}

async function lists(gateway: Gateway, tools: number): Promise<Row[]> {
  return [await listPromise(load, gateway, tools, options.quick ? 50 : 200)];
}

/** What fails is named and the rest goes on. */
async function measure(what: string, run: () => Promise<readonly Row[]>): Promise<void> {
  if (!options.json) process.stderr.write(`measuring ${what} …\n`);
  try {
    rows.push(...(await run()));
  } catch (error) {
    unmeasured.push(`${what}: ${String(error)}`);
  }
}

async function startPromise(): Promise<Row> {
  const times: number[] = [];
  for (let n = 0; n < 5; n++) times.push(await withGateway(fewServers(), async ({ readyMs }) => readyMs));
  return { what: "start to ready", value: median(times), unit: "ms", must: { atMost: 1_000 } };
}

async function withGateway<T>(servers: Servers, use: (gateway: Gateway) => Promise<T>): Promise<T> {
  const gateway = await Gateway.start(options.main, servers);
  try {
    return await use(gateway);
  } finally {
    await gateway.stop();
  }
}

function memoryPromises(idleMiB: number): Row[] {
  const peaks = legs.flatMap(({ rounds }) =>
    rounds.map((round) => round["switchgear"]?.peakMiB ?? Number.NaN),
  );
  return [
    { what: "RSS idle", value: idleMiB, unit: "MiB", must: { atMost: 110 } },
    { what: "RSS under load, peak", value: Math.max(...peaks), unit: "MiB", must: { atMost: 180 } },
  ];
}

function waysOf(era: "2025" | "2026", gateway?: Gateway): Way[] {
  const ways: Way[] = [
    { name: "direct", target: { url: `${upstream.origin}/mcp`, era }, pid: upstream.pid },
    { name: "forwarder", target: { url: `${forwarder.origin}/mcp`, era }, pid: forwarder.pid },
  ];
  if (gateway !== undefined) {
    const path = era === "2025" ? "/mcp/s/echo" : "/mcp/s/modern";
    ways.push({ name: "switchgear", target: gateway.target(path, era), pid: gateway.pid });
  }
  return ways.filter(({ name }) => only.has(name));
}

/** The same upstream as a server of each era, and as a child process. */
function fewServers(): Servers {
  const url = `${upstream.origin}/mcp`;
  return {
    echo: { type: "http", url, gateway: { era: "2025" } },
    modern: { type: "http", url, gateway: { era: "2026" } },
    pipe: { type: "stdio", ...commandOf("stdio-upstream.ts") },
  };
}

function manyServers(count: number): Servers {
  const names = Array.from({ length: count }, (_, n) => `many${n}`);
  return Object.fromEntries(
    names.map((name) => [
      name,
      { type: "http", url: `${upstream.origin}/${name}/1000`, gateway: { era: "2025" } },
    ]),
  );
}

function asText(): string {
  const lost = unmeasured.map((what) => `could not be measured: ${what}\n`);
  const missed = rows.filter((row) => !isKept(row)).length;
  const sum =
    rows.length === 0 ? "" : `\n${printRows(rows)}\n${rows.length - missed} of ${rows.length} kept.\n`;
  return `\n${printLegs(legs)}${sum}${lost.join("")}`;
}

function asJson(): string {
  const promises = rows.map((row) => ({ ...row, kept: isKept(row) }));
  return `${JSON.stringify({ node: process.version, legs, promises, unmeasured }, null, 2)}\n`;
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}
