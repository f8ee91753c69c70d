/** The candidate that somebody who typed `name` most likely meant, for a "did you mean"; nothing when none is close. */
export function nearestName(name: string, candidates: Iterable<string>): string | undefined {
  const typed = plain(name);
  if (typed === "" || typed.length > 64) return undefined;
  let best: string | undefined;
  let bestCost = 1 + Math.max(1, Math.floor(typed.length / 3));
  for (const candidate of candidates) {
    const cost = distance(typed, plain(candidate));
    if (cost < bestCost) [best, bestCost] = [candidate, cost];
  }
  return best ?? containing(typed, candidates);
}

/** Case and separators are what people get wrong first: `allowed_hosts` is `allowedHosts`. */
function plain(name: string): string {
  return name.toLowerCase().replaceAll(/[-_ .]/g, "");
}

function containing(typed: string, candidates: Iterable<string>): string | undefined {
  if (typed.length < 4) return undefined;
  for (const candidate of candidates) {
    const other = plain(candidate);
    const isPart = other.includes(typed) || (other.length >= 4 && typed.includes(other));
    // `environment` for `env`, `log_level` for `log`.
    if (isPart || (other.length >= 3 && typed.startsWith(other))) return candidate;
  }
  return undefined;
}

/** Edits between two words; two swapped neighbours count as one (optimal string alignment). */
function distance(a: string, b: string): number {
  if (Math.abs(a.length - b.length) > 32) return Number.MAX_SAFE_INTEGER;
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      let cost = Math.min(at(last, j) + 1, at(row, j - 1) + 1, at(last, j - 1) + same);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (swapped) cost = Math.min(cost, at(beforeLast, j - 2) + 1);
      row.push(cost);
    }
    [beforeLast, last] = [last, row];
  }
  return at(last, b.length);
}

function at(row: readonly number[], index: number): number {
  return row[index] ?? Number.MAX_SAFE_INTEGER;
}
