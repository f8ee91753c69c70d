import { type Figures, medianOf, ratioOf } from "./rounds.ts";

/** One promise: the figure, what it must be, and whether it is. */
export interface Row {
  readonly what: string;
  readonly value: number;
  readonly unit: string;
  readonly must: { readonly atMost: number } | { readonly atLeast: number };
}

/** Speed of each way at one number of callers. */
export interface Leg {
  readonly name: string;
  readonly rounds: readonly Figures[];
}

export function isKept({ value, must }: Row): boolean {
  return "atMost" in must ? value <= must.atMost : value >= must.atLeast;
}

export function printLegs(legs: readonly Leg[]): string {
  const head = ["leg", "way", "calls/s", "of direct", "of forwarder", "p50 ms", "p99 ms", "CPU µs/call"];
  const rows = legs.flatMap(({ name, rounds }) =>
    Object.keys(rounds[0] ?? {}).map((way) => [
      name,
      way,
      String(Math.round(medianOf(rounds, way, "perSecond"))),
      show(ratioOf(rounds, way, "direct", "perSecond")),
      show(ratioOf(rounds, way, "forwarder", "perSecond")),
      show(medianOf(rounds, way, "p50Ms")),
      show(medianOf(rounds, way, "p99Ms")),
      show(medianOf(rounds, way, "cpuUs")),
    ]),
  );
  return table([head, ...rows]);
}

export function printRows(rows: readonly Row[]): string {
  const head = ["promise", "measured", "must", ""];
  const lines = rows.map((row) => [
    row.what,
    `${show(row.value)} ${row.unit}`,
    `${"atMost" in row.must ? `≤ ${row.must.atMost}` : `≥ ${row.must.atLeast}`} ${row.unit}`,
    isKept(row) ? "pass" : "MISS",
  ]);
  return table([head, ...lines]);
}

function show(value: number): string {
  if (!Number.isFinite(value)) return "–";
  return Math.abs(value) >= 100 ? String(Math.round(value)) : String(Number(value.toPrecision(3)));
}

function table(rows: readonly (readonly string[])[]): string {
  const columns = Math.max(...rows.map((row) => row.length));
  const widths = Array.from({ length: columns }, (_, n) =>
    Math.max(...rows.map((row) => (row[n] ?? "").length)),
  );
  const lines = rows.map((row) =>
    row
      .map((cell, n) => cell.padEnd(widths[n] ?? 0))
      .join("  ")
      .trimEnd(),
  );
  lines.splice(1, 0, widths.map((width) => "-".repeat(width)).join("  "));
  return `${lines.join("\n")}\n`;
}
