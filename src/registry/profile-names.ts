import { META_TOOLS } from "../domain/list-mode.ts";
import type { Profile } from "../domain/profile.ts";
import { MAX_ID_LENGTH, plainName, withHash } from "./tool-names.ts";

/** A tool or a prompt; `id` is its name on the merged endpoint. */
export interface Nameable {
  readonly id: string;
  readonly server: string;
  readonly name: string;
}

type NameRule = Pick<Profile, "names" | "maxNameLength" | "schema">;

/**
 * The name of each of a profile's items, all different. `every` is what the profile's servers offer, also what the
 * profile leaves out: a name must not change because another tool was denied. Short names look at `selected` only.
 */
export function profileNames<T extends Nameable>(
  selected: readonly T[],
  every: readonly T[],
  rule: NameRule,
): ReadonlyMap<T, string> {
  const prefixed = prefixedNames(every, rule);
  if (rule.names === "prefixed") return prefixed;
  // Nor may a tool be called like one of the gateway's own, whether or not those are listed.
  const taken = new Set<string>([...prefixed.values(), ...META_TOOLS]);
  const wanted = new Map<string, number>();
  for (const item of selected) {
    const name = started(plainName(item.name), rule);
    wanted.set(name, (wanted.get(name) ?? 0) + 1);
  }
  return new Map(
    selected.map((item) => {
      const name = started(plainName(item.name), rule);
      const isFree = wanted.get(name) === 1 && !taken.has(name) && name.length <= rule.maxNameLength;
      return [item, isFree ? name : (prefixed.get(item) ?? item.id)];
    }),
  );
}

/** The ids, if they suit; else names by the rule of ids at the profile's length. */
function prefixedNames<T extends Nameable>(items: readonly T[], rule: NameRule): ReadonlyMap<T, string> {
  const { maxNameLength: maxLength } = rule;
  const plain = new Map(items.map((item) => [item, started(whole(item, maxLength), rule)]));
  const sharers = new Map<string, number>();
  for (const name of plain.values()) sharers.set(name, (sharers.get(name) ?? 0) + 1);
  const taken = new Set<string>();
  const isKept = (name: string): boolean => name.length <= maxLength && sharers.get(name) === 1;
  for (const name of plain.values()) if (isKept(name)) taken.add(name);
  return new Map(
    [...plain].map(([item, name]) => {
      if (isKept(name)) return [item, name];
      let shown = name;
      for (let salt = 0; shown === name || taken.has(shown); salt++)
        shown = withHash(name, { server: item.server, name: item.name, salt, maxLength });
      taken.add(shown);
      return [item, shown];
    }),
  );
}

/** An id that was cut can be whole again where longer names are allowed. */
function whole({ id, server, name }: Nameable, maxLength: number): string {
  return maxLength <= MAX_ID_LENGTH || id.length < MAX_ID_LENGTH ? id : `${server}__${plainName(name)}`;
}

/** Gemini wants a letter or `_` first (Vertex AI REST reference, FunctionDeclaration). */
function started(name: string, { schema }: NameRule): string {
  return schema === "gemini" && !/^[A-Za-z_]/.test(name) ? `_${name}` : name;
}
