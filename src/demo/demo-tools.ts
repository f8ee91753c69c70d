import { setTimeout as sleep } from "node:timers/promises";

import { type Arguments, BadArgument, type Schema, integerOf, numberOf, textOf } from "./demo-arguments.ts";

/** What a running tool can see of its call. */
export interface ToolContext {
  readonly signal: AbortSignal;
  /** Does nothing when the caller did not ask for progress. */
  readonly progress: (progress: number, total: number, message: string) => void;
}

export interface DemoTool {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly inputSchema: Schema;
  readonly outputSchema?: Schema;
  readonly annotations: Readonly<Record<string, boolean>>;
  /** Gives the structured content, which is also its text; a bare string is text only. */
  readonly run: (args: Arguments, context: ToolContext) => unknown;
}

const READ_ONLY = { readOnlyHint: true, idempotentHint: true, openWorldHint: false };
/** Reads nothing and changes nothing, but each answer is another. */
const CHANGING = { readOnlyHint: true, idempotentHint: false, openWorldHint: false };

const echo: DemoTool = {
  name: "echo",
  title: "Echo",
  description: "Returns the given text unchanged. Use it to check that calls get through.",
  inputSchema: {
    type: "object",
    properties: { text: { type: "string", description: "What to return.", maxLength: 100_000 } },
    required: ["text"],
  },
  annotations: READ_ONLY,
  run: (args) => textOf(args, "text"),
};

const add: DemoTool = {
  name: "add",
  title: "Add two numbers",
  description: "Adds two numbers and returns their sum.",
  inputSchema: {
    type: "object",
    properties: {
      a: { type: "number", description: "The first number." },
      b: { type: "number", description: "The second number." },
    },
    required: ["a", "b"],
  },
  outputSchema: { type: "object", properties: { sum: { type: "number" } }, required: ["sum"] },
  annotations: READ_ONLY,
  run: (args) => ({ sum: numberOf(args, "a") + numberOf(args, "b") }),
};

const now: DemoTool = {
  name: "now",
  title: "Current date and time",
  description: "Tells the current date, time and weekday in a time zone, for example Europe/Paris.",
  inputSchema: {
    type: "object",
    properties: {
      timezone: { type: "string", description: "IANA name of the time zone.", maxLength: 64, default: "UTC" },
    },
  },
  outputSchema: {
    type: "object",
    properties: {
      timezone: { type: "string" },
      local: { type: "string", description: "Date and time in that zone: 2026-01-31 14:05:00." },
      weekday: { type: "string" },
      utc: { type: "string", description: "The same moment in ISO 8601." },
    },
    required: ["timezone", "local", "weekday", "utc"],
  },
  annotations: CHANGING,
  run: (args) => timeIn(textOf(args, "timezone", "UTC"), new Date()),
};

function timeIn(timezone: string, moment: Date): unknown {
  try {
    const local = new Intl.DateTimeFormat("sv-SE", {
      timeZone: timezone,
      dateStyle: "short",
      timeStyle: "medium",
    });
    const weekday = new Intl.DateTimeFormat("en-GB", { timeZone: timezone, weekday: "long" });
    return {
      timezone,
      local: local.format(moment),
      weekday: weekday.format(moment),
      utc: moment.toISOString(),
    };
  } catch (cause) {
    throw new BadArgument(`"${timezone}" is not a known time zone; try "Europe/Paris" or "UTC".`, cause);
  }
}

const countdown: DemoTool = {
  name: "countdown",
  title: "Count down",
  description: "Counts down to zero and reports its progress at every step. Shows progress and cancellation.",
  inputSchema: {
    type: "object",
    properties: {
      steps: { type: "integer", description: "How many steps.", minimum: 1, maximum: 100, default: 5 },
      seconds: { type: "number", description: "How long in all.", minimum: 0, maximum: 60, default: 2 },
    },
  },
  outputSchema: {
    type: "object",
    properties: { steps: { type: "integer" }, seconds: { type: "number" } },
    required: ["steps", "seconds"],
  },
  annotations: READ_ONLY,
  run: async (args, context) => {
    const steps = integerOf(args, "steps", 5);
    const seconds = numberOf(args, "seconds", 2);
    for (let done = 1; done <= steps; done++) {
      // Told before the wait: some clients lose an event that arrives together with the result.
      context.progress(done, steps, `${steps - done + 1} …`);
      await sleep((seconds * 1_000) / steps, undefined, { signal: context.signal });
    }
    return { steps, seconds };
  },
};

const rollDice: DemoTool = {
  name: "roll_dice",
  title: "Roll dice",
  description: "Rolls one or more dice and returns each roll and their total.",
  inputSchema: {
    type: "object",
    properties: {
      count: { type: "integer", description: "How many dice.", minimum: 1, maximum: 100, default: 1 },
      sides: { type: "integer", description: "Sides of each die.", minimum: 2, maximum: 1_000, default: 6 },
    },
  },
  outputSchema: {
    type: "object",
    properties: { rolls: { type: "array", items: { type: "integer" } }, total: { type: "integer" } },
    required: ["rolls", "total"],
  },
  annotations: CHANGING,
  run: (args) => {
    const sides = integerOf(args, "sides", 6);
    const rolls = Array.from(
      { length: integerOf(args, "count", 1) },
      () => 1 + Math.floor(Math.random() * sides),
    );
    return { rolls, total: rolls.reduce((sum, roll) => sum + roll, 0) };
  },
};

const wordCount: DemoTool = {
  name: "word_count",
  title: "Count words",
  description: "Counts the words, characters (as a reader sees them) and lines of a text.",
  inputSchema: {
    type: "object",
    properties: { text: { type: "string", description: "The text to measure.", maxLength: 100_000 } },
    required: ["text"],
  },
  outputSchema: {
    type: "object",
    properties: { words: { type: "integer" }, characters: { type: "integer" }, lines: { type: "integer" } },
    required: ["words", "characters", "lines"],
  },
  annotations: READ_ONLY,
  run: (args) => {
    const text = textOf(args, "text");
    return {
      words: text.split(/\s+/).filter((word) => word !== "").length,
      characters: Array.from(new Intl.Segmenter().segment(text)).length,
      lines: text === "" ? 0 : text.split("\n").length,
    };
  },
};

export const TOOLS: readonly DemoTool[] = [echo, add, now, countdown, rollDice, wordCount];
