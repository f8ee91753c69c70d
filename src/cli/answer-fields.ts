import { type Json, type JsonObject, isJsonObject } from "../domain/json.ts";

/** The object at `key` of an answer; empty if there is none. */
export function objectAt(value: JsonObject, key: string): JsonObject {
  const field = value[key];
  return isJsonObject(field) ? field : {};
}

/** The objects in the list at `key`; none if it is no list. */
export function objectsAt(value: JsonObject, key: string): readonly JsonObject[] {
  const list = value[key];
  return Array.isArray(list) ? (list as readonly Json[]).filter(isJsonObject) : [];
}

/** The number at `key`; 0 if it is none. */
export function countAt(value: JsonObject, key: string): number {
  const field = value[key];
  return typeof field === "number" ? field : 0;
}
