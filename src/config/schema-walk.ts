import { z } from "zod";

import { meantEntry } from "../domain/meant-entry.ts";
import { ServerEntry } from "../domain/server.ts";
import type { Path } from "./config-text.ts";
import { ConfigFile } from "./file-schema.ts";

export type Schema = z.core.$ZodType;

/** The part of the config's schema that rules the value at `path`. */
export function schemaAt(path: Path, value: unknown): Schema | undefined {
  let schema: Schema | undefined = ConfigFile;
  for (const [depth, part] of path.entries()) {
    if (schema === ServerEntry) schema = meantEntry(valueAt(value, path.slice(0, depth)));
    schema = schema && inner(bare(schema), part);
  }
  return schema && bare(schema);
}

/** The keys that the object at `path` may have. */
export function keysAt(path: Path, value: unknown): readonly string[] {
  const found = schemaAt(path, value);
  const schema = found === ServerEntry ? meantEntry(valueAt(value, path)) : found;
  return schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];
}

/** What a schema of several kinds (a duration is a number or a text) says of itself in words. */
export function describeUnion(schema: Schema | undefined): string | undefined {
  const text = schema instanceof z.ZodUnion ? z.globalRegistry.get(schema)?.description : undefined;
  return text === undefined ? undefined : text.charAt(0).toLowerCase() + text.slice(1).replace(/\.$/, "");
}

export function valueAt(value: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (outer, part) => (outer as Readonly<Record<string | number, unknown>> | null | undefined)?.[part],
    value,
  );
}

function bare(schema: Schema): Schema {
  if (schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault || schema instanceof z.ZodOptional)
    return bare(schema.def.innerType);
  return schema;
}

function inner(schema: Schema, part: string | number): Schema | undefined {
  if (schema instanceof z.ZodObject) return (schema.shape as Readonly<Record<string, Schema>>)[part];
  if (schema instanceof z.ZodRecord) return schema.def.valueType;
  return schema instanceof z.ZodArray ? schema.def.element : undefined;
}
