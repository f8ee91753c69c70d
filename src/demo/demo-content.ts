import type { Arguments } from "./demo-arguments.ts";
import { textOf } from "./demo-arguments.ts";

const WELCOME = `# Welcome to Switchgear

You are reading a resource of the bundled demo server, through the gateway.

- Call the tool \`now\` with \`{"timezone": "Asia/Tokyo"}\`.
- Call \`countdown\` and watch its progress.
- Read \`demo://greeting/Ada\`, which is made from a template.
- Then add a server of your own.
`;

export const RESOURCES = [
  {
    uri: "demo://welcome",
    name: "welcome",
    title: "Welcome",
    description: "What to try first with this demo server.",
    mimeType: "text/markdown",
  },
] as const;

export const TEMPLATES = [
  {
    uriTemplate: "demo://greeting/{name}",
    name: "greeting",
    title: "Greeting",
    description: "A greeting for whoever is named in the URI.",
    mimeType: "text/plain",
  },
] as const;

/** The text of a resource; nothing for a URI that there is none for. */
export function readResource(uri: string): { uri: string; mimeType: string; text: string } | undefined {
  if (uri === "demo://welcome") return { uri, mimeType: "text/markdown", text: WELCOME };
  const name = /^demo:\/\/greeting\/([^/]{1,200})$/.exec(uri)?.[1];
  if (name === undefined) return undefined;
  try {
    return { uri, mimeType: "text/plain", text: `Hello, ${decodeURIComponent(name)}!` };
  } catch {
    // A stray percent sign: no such resource.
    return undefined;
  }
}

interface PromptArgument {
  readonly name: string;
  readonly description: string;
  readonly required: boolean;
  readonly suggestions: readonly string[];
}

interface DemoPrompt {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly arguments: readonly PromptArgument[];
  readonly text: (args: Arguments) => string;
}

const AUDIENCES = ["a beginner", "a child", "an expert", "a manager"];
const CITIES = ["Amsterdam", "Athens", "Berlin", "Lisbon", "London", "Paris", "Prague", "Tokyo", "Vienna"];

const PROMPTS: readonly DemoPrompt[] = [
  {
    name: "explain",
    title: "Explain a topic",
    description: "Asks for an explanation that fits the audience.",
    arguments: [
      { name: "topic", description: "What to explain.", required: true, suggestions: [] },
      { name: "audience", description: "For whom.", required: false, suggestions: AUDIENCES },
    ],
    text: (args) =>
      `Explain ${textOf(args, "topic")} to ${textOf(args, "audience", "a beginner")} in at most five sentences.`,
  },
  {
    name: "plan_weekend",
    title: "Plan a weekend",
    description: "Asks for a plan of two days in a city, with the local time taken from the tool `now`.",
    arguments: [{ name: "city", description: "Where to go.", required: true, suggestions: CITIES }],
    text: (args) =>
      `Plan a weekend in ${textOf(args, "city")}. First call the tool "now" for its time zone, then propose two days.`,
  },
];

export function listPrompts(): readonly object[] {
  return PROMPTS.map(({ text: _text, arguments: args, ...prompt }) => ({
    ...prompt,
    arguments: args.map(({ suggestions: _suggestions, ...argument }) => argument),
  }));
}

/** Nothing for a prompt that does not exist; the name of the argument when a required one is missing. */
export function getPrompt(name: string, args: Arguments): object | { missing: string } | undefined {
  const prompt = PROMPTS.find((each) => each.name === name);
  if (prompt === undefined) return undefined;
  const missing = prompt.arguments.find(
    (argument) => argument.required && textOf(args, argument.name) === "",
  );
  if (missing !== undefined) return { missing: missing.name };
  const content = { type: "text", text: prompt.text(args) };
  return { description: prompt.description, messages: [{ role: "user", content }] };
}

/** Suggestions for an argument of a prompt, or for the name in the greeting's URI. */
export function complete(ref: Arguments, argument: Arguments): object {
  const suggestions =
    ref["type"] === "ref/resource"
      ? ["Ada", "Alan", "Barbara", "Grace", "Linus", "Margaret"]
      : PROMPTS.find((prompt) => prompt.name === ref["name"])?.arguments.find(
          ({ name }) => name === argument["name"],
        )?.suggestions;
  const begun = textOf(argument, "value").toLowerCase();
  const values = (suggestions ?? []).filter((value) => value.toLowerCase().startsWith(begun));
  return { completion: { values, total: values.length, hasMore: false } };
}
