import { createHash } from "node:crypto";

import { type Json, type JsonObject, isJsonObject } from "../../domain/json.ts";
import { mapValues, propertiesOf } from "./subschemas.ts";

const MAX_LENGTH = 64;
const DIGITS = 8;

/** Which names of arguments a client's model takes. */
export interface KeyRule {
  readonly allowed: RegExp;
  /** A character that must be replaced. */
  readonly refused: RegExp;
}

/** A schema in a dialect, and how the arguments that follow it become those that the upstream expects. */
export interface Written {
  readonly schema: JsonObject;
  /** By the name in this dialect: the upstream's own name of an argument. Absent when none was changed. */
  readonly keys?: ReadonlyMap<string, string>;
}

/** Exchanges the names of arguments that the client's model would refuse. */
export function renameKeys(schema: JsonObject, { allowed, refused }: KeyRule): Written {
  const properties = propertiesOf(schema);
  const names = Object.keys(properties);
  const bad = names.filter((name) => !allowed.test(name));
  if (bad.length === 0) return { schema };
  const taken = new Set(names);
  const shown = new Map<string, string>();
  for (const name of bad) {
    const wish = name.replaceAll(refused, "_").slice(0, MAX_LENGTH);
    const plain = allowed.test(wish) ? wish : `_${wish}`.slice(0, MAX_LENGTH);
    const isFree = allowed.test(plain) && !taken.has(plain) && name.length <= MAX_LENGTH;
    const key = isFree ? plain : hashed(plain, name);
    taken.add(key);
    shown.set(name, key);
  }
  const rename = (name: string): string => shown.get(name) ?? name;
  const renamed = mapValues(schema, (value, key) => {
    if (key === "properties") return byName(properties, rename);
    if (key === "required" && Array.isArray(value))
      return value.map((name: Json) => renamedOne(name, rename));
    if (key !== "dependentRequired" || !isJsonObject(value)) return value;
    const lists = mapValues(value, (list) =>
      Array.isArray(list) ? list.map((name: Json) => renamedOne(name, rename)) : list,
    );
    return byName(lists, rename);
  });
  return { schema: renamed, keys: new Map([...shown].map(([name, key]) => [key, name])) };
}

/** The arguments of a call under the upstream's own names. */
export function restoreKeys(args: JsonObject, keys: ReadonlyMap<string, string>): JsonObject {
  return byName(args, (key) => keys.get(key) ?? key);
}

function byName(object: JsonObject, rename: (name: string) => string): JsonObject {
  return Object.fromEntries(Object.entries(object).map(([name, value]) => [rename(name), value]));
}

function renamedOne(name: Json, rename: (name: string) => string): Json {
  return typeof name === "string" ? rename(name) : name;
}

function hashed(plain: string, name: string): string {
  const digest = createHash("sha256").update(name).digest("hex").slice(0, DIGITS);
  return `${plain.slice(0, MAX_LENGTH - 1 - DIGITS)}_${digest}`;
}
