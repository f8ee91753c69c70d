import type { z } from "zod";

import { meantEntry } from "../domain/meant-entry.ts";
import { nearestName } from "../domain/nearest-name.ts";
import { ServerEntry } from "../domain/server.ts";
import type { ConfigIssue } from "./config-error.ts";
import { type ConfigText, type Path, showPath } from "./config-text.ts";
import { type Schema, describeUnion, keysAt, schemaAt, valueAt } from "./schema-walk.ts";

type Issue = z.core.$ZodIssue;

const ARTICLE: Readonly<Record<string, string>> = {
  object: "an object",
  record: "an object",
  array: "a list",
  string: "a text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
};

/** What zod found, in the words and at the place of the file. A misspelt key hides "its right spelling is missing". */
export function explainIssues(issues: readonly Issue[], value: unknown, text: ConfigText): ConfigIssue[] {
  const found = issues
    .flatMap((issue) => inTermsOfEntry(issue, value))
    .flatMap((issue) => explain(issue, value));
  const suggested = new Set(found.map((issue) => issue.suggestion));
  return found
    .filter((issue) => !(issue.missing && suggested.has(showPath(issue.at))))
    .map(({ at, message, expected, suggestion }) => ({
      path: showPath(at),
      message,
      expected,
      suggestion,
      ...text.position(at),
    }));
}

interface Found {
  readonly at: Path;
  readonly message: string;
  readonly expected?: string;
  readonly missing?: boolean;
  /** The whole path of the key that was probably meant. */
  readonly suggestion?: string;
}

/** "Matches none of stdio, http, sse" becomes the mistakes against the kind that was meant. */
function inTermsOfEntry(issue: Issue, value: unknown): Issue[] {
  if (issue.code !== "invalid_union" || schemaAt(issue.path as Path, value) !== ServerEntry) return [issue];
  const entry = valueAt(value, issue.path as Path);
  const problems = meantEntry(entry)?.safeParse(entry).error?.issues;
  return problems?.map((problem) => ({ ...problem, path: [...issue.path, ...problem.path] })) ?? [issue];
}

function explain(issue: Issue, value: unknown): Found[] {
  const at = issue.path as Path;
  if (issue.code === "unrecognized_keys") return issue.keys.map((key) => unknownKey(key, at, value));
  const expected = expectation(issue, schemaAt(at, value));
  if (issue.code === "invalid_key") return [{ at, message: `bad name: expected ${expected}`, expected }];
  const raw = valueAt(value, at);
  if (raw === undefined) return [{ at, message: `missing; expected ${expected}`, expected, missing: true }];
  const found = issue.code === "invalid_type" ? `, found ${kindOf(raw)}` : "";
  return [{ at, message: `expected ${expected}${found}`, expected }];
}

function unknownKey(key: string, parent: Path, value: unknown): Found {
  const at = [...parent, key];
  const siblings = Object.keys(valueAt(value, parent) ?? {});
  const known = keysAt(parent, value);
  const nearest = nearestName(
    key,
    known.filter((name) => !siblings.includes(name)),
  );
  if (nearest !== undefined)
    return {
      at,
      message: `unknown key; did you mean "${nearest}"?`,
      suggestion: showPath([...parent, nearest]),
    };
  if (isMixedEntry(key, siblings))
    return { at, message: 'a server has either a "command" or a "url", with "args" and "env" or "headers"' };
  return { at, message: `unknown key; known here: ${known.join(", ")}`, expected: known.join(", ") };
}

function isMixedEntry(key: string, siblings: readonly string[]): boolean {
  if (siblings.includes("command")) return key === "url" || key === "headers";
  return siblings.includes("url") && ["command", "args", "env", "cwd"].includes(key);
}

function expectation(issue: Issue, schema: Schema | undefined): string {
  if (schema === ServerEntry) return 'an object with a "command" to start, or the "url" of a remote server';
  return describeUnion(schema) ?? expectationOf(issue);
}

function expectationOf(issue: Issue): string {
  switch (issue.code) {
    case "invalid_type":
      return ARTICLE[issue.expected] ?? issue.expected;
    case "invalid_value":
      return `one of ${issue.values.map((option) => JSON.stringify(String(option))).join(", ")}`;
    case "too_small":
      return `at least ${String(issue.minimum)}${unitOf(issue.origin)}`;
    case "too_big":
      return `at most ${String(issue.maximum)}${unitOf(issue.origin)}`;
    case "invalid_key":
      return strip(issue.issues[0]?.message ?? "another name");
    default:
      return strip(issue.message);
  }
}

function unitOf(origin: string): string {
  if (origin === "string") return " characters";
  return origin === "array" ? " entries" : "";
}

function strip(message: string): string {
  return message.replace(/^expected /, "");
}

const KIND: Readonly<Record<string, string>> = {
  object: "an object",
  string: "a text",
  number: "a number",
  boolean: "true or false",
};

function kindOf(value: unknown): string {
  if (value === null) return "null";
  return Array.isArray(value) ? "a list" : (KIND[typeof value] ?? "nothing");
}
