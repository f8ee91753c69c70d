import { type JsonObject, stringAt } from "../domain/json.ts";
import { countAt, objectsAt } from "./answer-fields.ts";
import type { Output } from "./output.ts";
import { oneLine } from "./printable.ts";

const BAR = 40;
const NAME = 18;

/** One call as a person wants to see it: what became of it, and where its time went. */
export function waterfallText(call: JsonObject, out: Output): string {
  const total = countAt(call, "duration_ms");
  const stretches = objectsAt(call, "waterfall").filter((stretch) => isWorthALine(stretch));
  return [
    headline(call, out),
    ...facts(call).map(([name, value]) => `${out.paint("dim")(name.padEnd(12))} ${oneLine(value)}`),
    "",
    ...stretches.map((stretch) => line(stretch, total, out)),
    `${"".padEnd(NAME)} ${"".padEnd(BAR)} ${time(total).padStart(9)}  in all`,
  ].join("\n");
}

function headline(call: JsonObject, out: Output): string {
  const text = (key: string) => stringAt(call, key) ?? "";
  const outcome = text("outcome");
  const paint = out.paint(outcome === "ok" ? "green" : outcome === "asked" ? "yellow" : "red");
  const code = text("code");
  const tool = [text("server"), text("tool")].filter((part) => part !== "").join("__");
  return `${paint(outcome)}  ${out.paint("bold")(oneLine(tool))}${code === "" ? "" : `  [${oneLine(code)}]`}`;
}

function facts(call: JsonObject): readonly (readonly [string, string])[] {
  const text = (key: string) => stringAt(call, key) ?? "";
  const count = (key: string) => countAt(call, key);
  const retried = Array.isArray(call["retried"]) ? call["retried"].map(String) : [];
  const size = `${count("request_bytes")} bytes asked, ${count("answer_bytes")} answered`;
  const all: readonly (readonly [string, string, boolean?])[] = [
    ["request", `${text("request_id")} at ${text("at")}`],
    ["caller", `${text("subject")} over ${text("via")}, era ${text("era")}${at(text("endpoint"))}`],
    ["executed", EXECUTED[text("executed")] ?? text("executed")],
    ["attempts", `${count("attempts")}${retried.length === 0 ? "" : ` (${retried.join(", ")})`}`],
    ["breaker", text("breaker").replace("_", " "), text("breaker") !== "not_reached"],
    ["cache", text("cache"), text("cache") !== "off"],
    ["key", KEY[text("idempotency")] ?? text("idempotency"), text("idempotency") !== "none"],
    [
      "questions",
      `${count("questions")}, answered in ${time(count("questions_ms"))}`,
      count("questions") > 0,
    ],
    ["size", size],
  ];
  return all.filter(([, , isShown = true]) => isShown).map(([name, value]) => [name, value]);
}

const EXECUTED: Readonly<Record<string, string>> = {
  executed: "yes",
  not_executed: "no; it is safe to call again",
  unknown: "unknown: look before you call again",
};

const KEY: Readonly<Record<string, string>> = {
  new: "new",
  stored: "the answer of an earlier call",
  joined: "waited for the same call that was in flight",
};

function at(endpoint: string): string {
  return endpoint === "" || endpoint === "*" ? "" : `, endpoint ${endpoint}`;
}

/** What took no time to speak of only tires the eye. */
function isWorthALine(stretch: JsonObject): boolean {
  const phase = stringAt(stretch, "phase");
  return phase === "attempt" || countAt(stretch, "duration_ms") >= 0.05;
}

function line(stretch: JsonObject, total: number, out: Output): string {
  const [start, took] = [countAt(stretch, "start_ms"), countAt(stretch, "duration_ms")];
  const scale = total > 0 ? BAR / total : 0;
  const from = Math.min(BAR - 1, Math.floor(start * scale));
  const length = Math.max(1, Math.min(BAR - from, Math.round(took * scale)));
  const number = stretch["attempt"];
  const phase = stringAt(stretch, "phase") ?? "";
  const name = typeof number === "number" ? `${phase} ${number}` : phase;
  const outcome = [stringAt(stretch, "outcome"), stringAt(stretch, "code")].filter(Boolean).join(", ");
  const isGood = outcome === "" || outcome === "ok";
  const bar = out.paint(isGood ? "cyan" : "red")("█".repeat(length));
  const rest = " ".repeat(BAR - from - length);
  return `${name.padEnd(NAME)} ${" ".repeat(from)}${bar}${rest} ${time(took).padStart(9)}  ${oneLine(outcome)}`.trimEnd();
}

export function time(ms: number): string {
  if (ms >= 1_000) return `${(ms / 1_000).toFixed(2)} s`;
  return `${ms >= 10 ? ms.toFixed(0) : ms.toFixed(2)} ms`;
}
