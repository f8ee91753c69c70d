import type { LoadGenerator } from "./children.ts";
import { type Gateway, eventually } from "./gateway.ts";
import type { Leg, Row } from "./report.ts";
import { type Pace, type Way, alternate, differenceOf, medianOf, ratioOf } from "./rounds.ts";

const CALLERS = [1, 16, 64];
const WARM_UP: Pace = { rounds: 1, warmMs: 0, measureMs: 1_500 };
const OPEN_LOOP = { callers: 64, perSecond: 1_000 };

/** Closed loop at 1, 16 and 64 callers for each era, and 1,000 calls a second whatever happens. */
export async function callLegs(
  load: LoadGenerator,
  waysOf: (era: "2025" | "2026") => readonly Way[],
  pace: Pace,
): Promise<Leg[]> {
  const legs: Leg[] = [];
  for (const era of ["2025", "2026"] as const) {
    // A young process runs uncompiled code; nobody is measured in it.
    await alternate(load, waysOf(era), WARM_UP, { callers: 16 });
    for (const callers of CALLERS) {
      legs.push({
        name: `${era}, ${callers} callers`,
        rounds: await alternate(load, waysOf(era), pace, { callers }),
      });
    }
  }
  legs.push({ name: "2025, 1000/s", rounds: await alternate(load, waysOf("2025"), pace, OPEN_LOOP) });
  return legs;
}

/** What the legs promise about Switchgear (performance.md, targets: must). */
export function promisesOf(legs: readonly Leg[]): Row[] {
  const at = (name: string): Leg["rounds"] => legs.find((leg) => leg.name === name)?.rounds ?? [];
  const ratio = (name: string, base: string): number => ratioOf(at(name), "switchgear", base, "perSecond");
  const added = (name: string, figure: "p50Ms" | "p99Ms"): number =>
    differenceOf(at(name), "switchgear", "direct", figure);
  return [
    ...["2025, 16 callers", "2026, 16 callers"].map((name) => ({
      what: `CPU per call (${name})`,
      value: medianOf(at(name), "switchgear", "cpuUs"),
      unit: "µs",
      must: { atMost: 120 },
    })),
    ...["2025, 16 callers", "2025, 64 callers"].flatMap((name) => [
      {
        what: `throughput against the forwarder (${name})`,
        value: ratio(name, "forwarder"),
        unit: "×",
        must: { atLeast: 0.75 },
      },
      {
        what: `throughput against the upstream (${name})`,
        value: ratio(name, "direct"),
        unit: "×",
        must: { atLeast: 0.27 },
      },
    ]),
    {
      what: "added p50 (2025, 1 caller)",
      value: added("2025, 1 callers", "p50Ms"),
      unit: "ms",
      must: { atMost: 0.25 },
    },
    {
      what: "added p99 (2025, 1 caller)",
      value: added("2025, 1 callers", "p99Ms"),
      unit: "ms",
      must: { atMost: 1.5 },
    },
    {
      what: "added p50 (2025, 1000/s)",
      value: added("2025, 1000/s", "p50Ms"),
      unit: "ms",
      must: { atMost: 0.4 },
    },
    {
      what: "added p99 (2025, 1000/s)",
      value: added("2025, 1000/s", "p99Ms"),
      unit: "ms",
      must: { atMost: 7 },
    },
  ];
}

export async function stdioPromise(load: LoadGenerator, gateway: Gateway, pace: Pace): Promise<Row> {
  const way: Way = { name: "switchgear", target: gateway.target("/mcp/s/pipe", "2025"), pid: gateway.pid };
  await alternate(load, [way], WARM_UP, { callers: 16 });
  const rounds = await alternate(load, [way], pace, { callers: 16 });
  const value = medianOf(rounds, "switchgear", "perSecond");
  return { what: "stdio upstream (16 callers)", value, unit: "calls/s", must: { atLeast: 8_000 } };
}

/** Opens and abandons sessions. The gateway should be a fresh one that has been warmed up. */
export async function sessionPromises(load: LoadGenerator, gateway: Gateway, count: number): Promise<Row[]> {
  const target = gateway.target("/mcp/s/echo", "2025");
  const { pid } = gateway;
  const before = await gateway.heapBytes();
  const { perSecond, done } = await load.run({ kind: "sessions", target, pid, callers: 16, count });
  const kib = (await gateway.heapBytes()) - before;
  return [
    { what: "sessions opened (2025)", value: perSecond, unit: "/s", must: { atLeast: 2_000 } },
    {
      what: `memory per session (${done} open)`,
      value: kib / 1_024 / done,
      unit: "KiB",
      must: { atMost: 10 },
    },
  ];
}

export async function listPromise(
  load: LoadGenerator,
  gateway: Gateway,
  tools: number,
  count: number,
): Promise<Row> {
  const target = gateway.target("/mcp", "2025");
  const { pid } = gateway;
  await eventually(`a list of ${tools} tools`, async () => {
    const { items } = await load.run({ kind: "list", target, pid, warm: 0, count: 1 });
    return items === tools ? true : undefined;
  });
  const { cpuUs } = await load.run({ kind: "list", target, pid, warm: 20, count });
  const must = { atMost: tools <= 1_000 ? 2 : 15 };
  return { what: `CPU per tools/list of ${tools} tools`, value: cpuUs / 1_000, unit: "ms", must };
}

/** The same call, through a gateway with few tools and one with many. */
export async function growthPromise(
  load: LoadGenerator,
  few: Gateway,
  many: Gateway,
  pace: Pace,
): Promise<Row> {
  const ways: Way[] = [
    { name: "direct", target: few.target("/mcp/s/echo", "2025"), pid: few.pid },
    { name: "switchgear", target: many.target("/mcp/s/echo", "2025"), pid: many.pid },
  ];
  await alternate(load, ways, WARM_UP, { callers: 16 });
  const rounds = await alternate(load, ways, pace, { callers: 16 });
  const value = ratioOf(rounds, "switchgear", "direct", "cpuUs");
  return { what: "CPU per call with 10,000 tools against few", value, unit: "×", must: { atMost: 1.15 } };
}
