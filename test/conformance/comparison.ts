import type { Check, Revision, Status } from "./suite.ts";

export type Feature =
  | "sampling"
  | "elicitation"
  | "roots"
  | "mrtr"
  | "subscriptions"
  | "logging"
  | "resumption"
  /** Nothing that could be built: an upstream of the older era has no words for it. */
  | "wire";

/** What is compared: the gateway as a server of two upstreams, or as a client of the suite's own servers. */
export const SUITES = ["server", "server, 2025 upstream", "client"] as const;
export type Suite = (typeof SUITES)[number];

/** Checks that the gateway is not meant to pass, or not yet. `check` is a whole scenario, or one check of it. */
export interface AcceptedLoss {
  readonly suite: Suite;
  readonly revision: Revision;
  readonly check: string;
  readonly needs: Feature;
  readonly reason: string;
}

export interface Row {
  readonly check: string;
  readonly direct: Status | "absent";
  readonly through: Status | "absent";
  readonly message?: string | undefined;
}

export interface Comparison {
  readonly rows: readonly Row[];
  readonly passedDirect: number;
  readonly passedThrough: number;
  /** Passed directly, not through the gateway, and named nowhere. */
  readonly lost: readonly Row[];
  readonly accepted: readonly (Row & { readonly loss: AcceptedLoss })[];
  /** Entries of the list that name nothing that is lost: they are to be removed. */
  readonly stale: readonly AcceptedLoss[];
}

/** Each check directly and through the gateway, and what the gateway loses. */
export function compare(
  direct: readonly Check[],
  through: readonly Check[],
  losses: readonly AcceptedLoss[],
): Comparison {
  const throughByKey = new Map(through.map((check) => [check.key, check]));
  const directKeys = new Set(direct.map((check) => check.key));
  const rows: Row[] = [
    ...direct.map(({ key, status }) => {
      const other = throughByKey.get(key);
      return {
        check: key,
        direct: status,
        through: other?.status ?? "absent",
        message: other?.message,
      } as const;
    }),
    ...through
      .filter(({ key }) => !directKeys.has(key))
      .map(
        ({ key, status, message }) => ({ check: key, direct: "absent", through: status, message }) as const,
      ),
  ];
  const missing = rows.filter(isMissing);
  const accepted = missing.flatMap((row) => {
    const loss = losses.find((candidate) => covers(candidate, row.check));
    return loss === undefined ? [] : [{ ...row, loss }];
  });
  const acceptedChecks = new Set(accepted.map((row) => row.check));
  return {
    rows,
    passedDirect: direct.filter((check) => check.status === "SUCCESS").length,
    passedThrough: through.filter((check) => check.status === "SUCCESS").length,
    lost: missing.filter((row) => !acceptedChecks.has(row.check)),
    accepted,
    stale: losses.filter((loss) => !missing.some((row) => covers(loss, row.check))),
  };
}

/** `INFO` is the suite's own word for a check that does not apply: an optional event stream that was not needed. */
function isMissing({ direct, through }: Row): boolean {
  return direct === "SUCCESS" && through !== "SUCCESS" && through !== "INFO";
}

function covers(loss: AcceptedLoss, check: string): boolean {
  return check === loss.check || check.startsWith(`${loss.check}#`) || check.startsWith(`${loss.check}:`);
}

/** The table of one revision, one line a check. */
export function table(rows: readonly Row[]): string {
  const width = Math.max(...rows.map((row) => row.check.length), "check".length);
  const line = (check: string, direct: string, through: string): string =>
    `${check.padEnd(width)} | ${direct.padEnd(7)} | ${through}`;
  return [
    line("check", "direct", "through"),
    line("-".repeat(width), "-".repeat(7), "-".repeat(7)),
    ...rows.map((row) => line(row.check, row.direct, row.through)),
  ].join("\n");
}
