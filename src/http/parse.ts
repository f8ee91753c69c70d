import type { z } from "zod";

import { InvalidRequest } from "../domain/errors.ts";

interface Issue {
  readonly path: string;
  readonly message: string;
}

/** Throws InvalidRequest that names every bad field. */
export function parse<T>(schema: z.ZodType<T>, value: unknown, what: string): T {
  const parsed = schema.safeParse(value, { reportInput: false });
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.flatMap((issue) => flatten(issue, []));
  const first = issues[0];
  const where = first === undefined || first.path === "" ? "" : ` at "${first.path}"`;
  throw new InvalidRequest(`${what} is not valid${where}: ${first?.message ?? "unknown reason"}.`, issues);
}

/** Of a union, the branch that comes nearest to what was sent: telling of all branches would say nothing. */
function flatten(issue: z.core.$ZodIssue, base: readonly PropertyKey[]): readonly Issue[] {
  const path = [...base, ...issue.path];
  if (issue.code === "invalid_union" && issue.errors.length > 0) {
    const branches = issue.errors.map((branch) => branch.flatMap((inner) => flatten(inner, path)));
    return branches.reduce((nearest, branch) => (branch.length < nearest.length ? branch : nearest));
  }
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => ({ path: dotted([...path, key]), message: "is not a known field" }));
  }
  return [{ path: dotted(path), message: issue.message }];
}

function dotted(path: readonly PropertyKey[]): string {
  return path.map(String).join(".");
}
