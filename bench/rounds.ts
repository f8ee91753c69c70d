import type { LoadGenerator } from "./children.ts";
import type { Result } from "./jobs.ts";
import type { Target } from "./mcp-caller.ts";

/** One way to the echo tool. */
export interface Way {
  readonly name: "direct" | "forwarder" | "switchgear";
  readonly target: Target;
  readonly pid: number;
}

export interface Pace {
  readonly rounds: number;
  readonly warmMs: number;
  readonly measureMs: number;
}

export type Figures = Readonly<Record<string, Result>>;
type Figure = "perSecond" | "p50Ms" | "p99Ms" | "cpuUs" | "peakMiB";

/** Rounds in alternation, so that whatever else the machine does hits all ways alike. */
export async function alternate(
  load: LoadGenerator,
  ways: readonly Way[],
  pace: Pace,
  options: { readonly callers: number; readonly perSecond?: number },
): Promise<readonly Figures[]> {
  const rounds: Figures[] = [];
  for (let round = 0; round < pace.rounds; round++) {
    const figures: Record<string, Result> = {};
    for (const { name, target, pid } of ways) {
      const { warmMs, measureMs } = pace;
      figures[name] = await load.run({
        kind: "calls",
        target,
        pid,
        tool: "echo",
        warmMs,
        measureMs,
        ...options,
      });
    }
    rounds.push(figures);
  }
  return rounds;
}

export function medianOf(rounds: readonly Figures[], way: string, figure: Figure): number {
  return median(rounds.map((round) => round[way]?.[figure] ?? Number.NaN));
}

/** The median of the rounds' ratios, not the ratio of medians: the two sides of a round had the same weather. */
export function ratioOf(rounds: readonly Figures[], way: string, base: string, figure: Figure): number {
  return median(
    rounds.map((round) => (round[way]?.[figure] ?? Number.NaN) / (round[base]?.[figure] ?? Number.NaN)),
  );
}

export function differenceOf(rounds: readonly Figures[], way: string, base: string, figure: Figure): number {
  return median(
    rounds.map((round) => (round[way]?.[figure] ?? Number.NaN) - (round[base]?.[figure] ?? Number.NaN)),
  );
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  return ((sorted[Math.floor(middle)] ?? Number.NaN) + (sorted[Math.ceil(middle) - 1] ?? Number.NaN)) / 2;
}
