import type { Fix, GatewayError } from "../domain/errors.ts";
import type { Health } from "../domain/health.ts";
import type { Offering } from "../domain/offering.ts";
import type { Era } from "../domain/protocol.ts";
import { isEnabled, type Server } from "../domain/server.ts";
import type { EventBus } from "../events/events.ts";
import { withoutSecrets } from "./redaction.ts";

/** What health is made of. */
export interface Finding {
  readonly server: Server;
  /** As last seen; also while the upstream is down. */
  readonly offering: Offering | undefined;
  readonly progress: "idle" | "connecting" | "explored";
  readonly error: GatewayError | undefined;
  readonly stderrTail: string | undefined;
  /** In which it was spoken to. */
  readonly eras?: readonly Era[] | undefined;
  /** Of a child. */
  readonly process?: Health["process"] | undefined;
}

type Verdict = Omit<Health, "since" | "admin_state" | "process">;

const STDERR_CHARACTERS = 4_096;

/** Remembers since when each server is as it is, and announces when that changes. */
export class HealthMonitor {
  readonly #events: EventBus;
  readonly #now: () => number;
  readonly #last = new Map<string, Health>();

  constructor(deps: { events: EventBus; now: () => number }) {
    this.#events = deps.events;
    this.#now = deps.now;
  }

  /** Announced only when the level or the code differs from before; another summary is no news. */
  update(finding: Finding): Health {
    const { name } = finding.server;
    const verdict = judge(finding);
    const before = this.#last.get(name);
    const isSame = before?.level === verdict.level && before.code === verdict.code;
    const since = isSame ? before.since : new Date(this.#now()).toISOString();
    const health: Health = {
      ...verdict,
      admin_state: isEnabled(finding.server) ? "enabled" : "disabled",
      ...(finding.process === undefined ? {} : { process: finding.process }),
      since,
    };
    this.#last.set(name, health);
    if (before !== undefined && !isSame) {
      this.#events.publish({ kind: "health-changed", server: name, level: health.level, code: health.code });
    }
    return health;
  }

  forget(server: string): void {
    this.#last.delete(server);
  }
}

function judge(finding: Finding): Verdict {
  const { server, progress, error, offering } = finding;
  if (!isEnabled(server)) {
    return { level: "unknown", code: "disabled", summary: "Switched off by its definition." };
  }
  if (error !== undefined) return failing(finding, error);
  if (progress === "idle") return { level: "unknown", code: "idle", summary: "Not asked yet." };
  if (progress === "connecting") {
    return { level: "unknown", code: "connecting", summary: "Connecting and reading what it offers." };
  }
  const { quarantined = [] } = offering ?? {};
  if (quarantined.length === 0)
    return { level: "healthy", code: "ok", summary: `Offers ${contentsOf(offering)}${erasOf(finding)}.` };
  return {
    level: "degraded",
    code: "tools_quarantined",
    summary: `Offers ${contentsOf(offering)}${erasOf(finding)}; ${counted(quarantined.length, "malformed definition")} left out.`,
    action: { label: "Correct these definitions in the upstream; all others are served" },
    quarantined,
  };
}

function failing({ server, offering, stderrTail }: Finding, error: GatewayError): Verdict {
  const written = error.details["stderr_tail"];
  const stderr = typeof written === "string" && written !== "" ? written : stderrTail;
  const stale = sizeOf(offering) > 0;
  const { quarantined = [] } = offering ?? {};
  return {
    level: stale ? "degraded" : "unhealthy",
    code: error.code,
    summary: stale
      ? `${error.message} What it offered last stays listed: ${contentsOf(offering)}.`
      : error.message,
    action: error.fix[0] ?? usualFix(server, error),
    ...(stderr === undefined || stderr === ""
      ? {}
      : { stderr_tail: withoutSecrets(server, stderr).slice(-STDERR_CHARACTERS) }),
    ...(quarantined.length === 0 ? {} : { quarantined }),
  };
}

function usualFix(server: Server, error: GatewayError): Fix {
  switch (error.code) {
    case "upstream_auth_required":
      return { label: "Put valid credentials into the server's headers or environment" };
    case "needs_input":
      return { label: "Set the variables that its definition names, then restart the gateway" };
    case "egress_denied":
      return { label: "Allow the address under gateway.egress.allow in the config file" };
    default:
      return { label: "Find out what is wrong", command: `switchgear doctor ${server.name}` };
  }
}

function contentsOf(offering: Offering | undefined): string {
  const { tools = [], resources = [], resourceTemplates = [], prompts = [] } = offering ?? {};
  const lists = [
    [tools.length, "tool"],
    [resources.length + resourceTemplates.length, "resource"],
    [prompts.length, "prompt"],
  ] as const;
  const present = lists.filter(([count]) => count > 0).map(([count, noun]) => counted(count, noun));
  return present.length === 0 ? "nothing" : present.join(", ");
}

/** Those that were found since the start count, else those of the last exploration. */
function erasOf({ server, eras = [], offering }: Finding): string {
  if (server.entry.type === "http-tools") return "";
  const known = eras.length > 0 ? eras : (offering?.eras ?? []);
  const [first, ...more] = [...known].sort();
  if (first === undefined) return "";
  return more.length === 0 ? ` (era ${first})` : ` (eras ${[first, ...more].join(" and ")})`;
}

function sizeOf(offering: Offering | undefined): number {
  if (offering === undefined) return 0;
  return [offering.tools, offering.resources, offering.resourceTemplates, offering.prompts].flat().length;
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
