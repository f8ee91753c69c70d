import type { Query } from "./pack.ts";

export interface Measures {
  readonly recall1: number;
  readonly recall5: number;
  readonly recall10: number;
  readonly ndcg5: number;
  readonly ndcg10: number;
  readonly mrr: number;
}

/** The means over all queries. `answers` holds the ids that were found for each, best first. */
export function measure(queries: readonly Query[], answers: readonly (readonly string[])[]): Measures {
  const mean = (valueOf: (query: Query, found: readonly string[]) => number): number =>
    queries.reduce((sum, query, index) => sum + valueOf(query, answers[index] ?? []), 0) / queries.length;
  return {
    recall1: mean((query, found) => recall(query, found.slice(0, 1))),
    recall5: mean((query, found) => recall(query, found.slice(0, 5))),
    recall10: mean((query, found) => recall(query, found.slice(0, 10))),
    ndcg5: mean((query, found) => ndcg(query, found, 5)),
    ndcg10: mean((query, found) => ndcg(query, found, 10)),
    mrr: mean((query, found) => {
      const rank = found.findIndex((id) => query.relevant.includes(id));
      return rank < 0 ? 0 : 1 / (rank + 1);
    }),
  };
}

/** The share of what was asked for: of groups where tools stand for each other, of tools where they do not. */
function recall({ relevant, groups }: Query, found: readonly string[]): number {
  const asked = groups ?? relevant.map((id) => [id]);
  return asked.filter((group) => group.some((id) => found.includes(id))).length / asked.length;
}

/** Discounted gain against the best possible order. Of a group only the first tool counts. */
function ndcg({ relevant, grades, groups }: Query, found: readonly string[], depth: number): number {
  const asked = groups ?? relevant.map((id) => [id]);
  const gainOf = (group: readonly string[]): number => Math.max(...group.map((id) => grades?.[id] ?? 1));
  const open = new Set(asked);
  let gain = 0;
  for (const [rank, id] of found.slice(0, depth).entries()) {
    const group = [...open].find((members) => members.includes(id));
    if (group === undefined) continue;
    open.delete(group);
    gain += (grades?.[id] ?? 1) / Math.log2(rank + 2);
  }
  const ideal = asked
    .map(gainOf)
    .sort((a, b) => b - a)
    .slice(0, depth)
    .reduce((sum, best, rank) => sum + best / Math.log2(rank + 2), 0);
  return ideal === 0 ? 0 : gain / ideal;
}
