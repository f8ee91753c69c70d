import { z } from "zod";

/** The query of a URL; a name that is given more than once has an array of values. */
export function queryOf(url: string): Readonly<Record<string, string | string[]>> {
  const at = url.indexOf("?");
  if (at < 0) return {};
  const values = new Map<string, string | string[]>();
  for (const [name, value] of new URLSearchParams(url.slice(at + 1))) {
    const before = values.get(name);
    values.set(name, before === undefined ? value : [before, value].flat());
  }
  return Object.fromEntries(values);
}

/** `?flag=true`. */
export const Flag = z.enum(["true", "false"]).transform((text) => text === "true");

/** A whole number in a query. */
export function count(min: number, max: number) {
  return z.coerce.number().int().min(min).max(max);
}

/** `?tags=a,b` or `?tags=a&tags=b`. */
export const Words = z
  .union([z.string(), z.array(z.string())])
  .transform((given) => [given].flat().flatMap((text) => text.split(",").filter((word) => word !== "")));
