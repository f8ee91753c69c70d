import type { CallRecord } from "../observability/call-record.ts";

/** One stretch of a call's time. Milliseconds; `start_ms` counts from the arrival. */
export interface Stretch {
  readonly phase:
    | "authentication"
    | "reading"
    | "policy"
    | "idempotency key"
    | "cache"
    | "queue"
    | "attempt"
    | "pause"
    | "answer";
  readonly start_ms: number;
  readonly duration_ms: number;
  /** Of an attempt. */
  readonly attempt?: number;
  readonly outcome?: string;
  readonly code?: string;
}

/** What is shown of a call: never its arguments or its answer. */
export interface CallView {
  readonly id: string;
  readonly request_id: string;
  readonly at: string;
  readonly tenant: string;
  readonly subject: string;
  readonly via: string;
  readonly era: string;
  readonly endpoint: string;
  readonly server: string;
  readonly tool: string;
  readonly outcome: string;
  readonly executed: string;
  /** Of the failure. */
  readonly code?: string;
  readonly duration_ms: number;
  /** Of all attempts together, without the time in which users were asked. */
  readonly upstream_ms: number;
  readonly cache: string;
  readonly idempotency: string;
  readonly breaker: "closed" | "open" | "not_reached";
  readonly attempts: number;
  readonly retried: readonly string[];
  readonly questions: number;
  readonly questions_ms: number;
  readonly request_bytes: number;
  readonly answer_bytes: number;
  readonly waterfall: readonly Stretch[];
}

export function callView(record: CallRecord, id: string): CallView {
  const { origin, failed = [], code, outcome = "asked" } = record;
  const ended = record.ended < 0 ? record.elapsed() : record.ended;
  return {
    id,
    request_id: origin.requestId,
    at: new Date(record.at).toISOString(),
    tenant: origin.tenant,
    subject: origin.subject,
    via: origin.via,
    era: origin.era,
    endpoint: origin.endpoint,
    server: record.server,
    tool: record.tool,
    outcome,
    executed: outcome === "asked" ? "unknown" : record.executed,
    ...(code === "" ? {} : { code }),
    duration_ms: ms(ended),
    upstream_ms: ms(Math.max(0, upstreamTime(record, ended) - record.asked)),
    cache: record.cache,
    idempotency: record.key,
    breaker: code === "circuit_open" ? "open" : record.granted < 0 ? "not_reached" : "closed",
    attempts: record.attempts,
    retried: failed.slice(0, Math.max(0, record.attempts - 1)).map((attempt) => attempt.code),
    questions: record.questions,
    questions_ms: ms(record.asked),
    request_bytes: origin.requestBytes,
    answer_bytes: record.answerBytes,
    waterfall: waterfall(record, ended),
  };
}

function upstreamTime(record: CallRecord, ended: number): number {
  const { tried, answered, failed = [] } = record;
  const last = tried < 0 ? 0 : (answered < 0 ? ended : answered) - tried;
  return failed.reduce((sum, { start, end }) => sum + end - start, last);
}

/** In the order of time, without gaps but for what the gateway does between its phases. */
function waterfall(record: CallRecord, ended: number): readonly Stretch[] {
  const { authenticated, read, admitted, keyed, missed, granted } = record;
  const firstTry = record.failed?.[0]?.start ?? (record.tried < 0 ? ended : record.tried);
  const queueStart = Math.max(admitted, keyed, missed);
  const hasCache = record.cache !== "off" || missed >= 0;
  return [
    stretch("authentication", 0, authenticated),
    stretch("reading", authenticated, read),
    stretch("policy", read, admitted < 0 ? ended : admitted),
    ...(keyed < 0 ? [] : [stretch("idempotency key", admitted, keyed)]),
    ...(hasCache ? [stretch("cache", Math.max(admitted, keyed), missed < 0 ? ended : missed)] : []),
    ...(granted < 0 ? [] : [stretch("queue", queueStart, Math.min(granted, firstTry))]),
    ...attempts(record, ended),
    ...(record.answered < 0 ? [] : [stretch("answer", record.answered, ended)]),
  ];
}

function attempts(record: CallRecord, ended: number): readonly Stretch[] {
  const { failed: all = [], tried, answered } = record;
  const outcome: string = record.outcome ?? "asked";
  const last = tried < 0 ? [] : [{ start: tried, end: answered < 0 ? ended : answered, outcome, code: "" }];
  return [...all, ...last].flatMap(({ start, end, outcome: how, code }, index, list) => {
    const before = list[index - 1];
    const one: Stretch = {
      ...stretch("attempt", start, end),
      attempt: index + 1,
      outcome: how,
      ...(code === "" ? {} : { code }),
    };
    return before === undefined ? [one] : [stretch("pause", before.end, start), one];
  });
}

function stretch(phase: Stretch["phase"], start: number, end: number): Stretch {
  return { phase, start_ms: ms(start), duration_ms: ms(Math.max(0, end - start)) };
}

function ms(microseconds: number): number {
  return microseconds / 1_000;
}
