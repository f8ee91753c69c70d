import { createHash } from "node:crypto";

/** So that a client's own prefix (`mcp__switchgear__`) still fits into 64 characters. */
export const MAX_ID_LENGTH = 48;
const DIGITS = 8;

/**
 * `<server>__<name>` with every character outside `[A-Za-z0-9_-]` as `_`; cut and given a hash when longer than 48
 * characters. Two names of one server may still meet here: `publicIds` keeps them apart. Two servers never meet,
 * since a server name holds no `__`, does not end in `_`, and is never cut.
 */
export function toolId(server: string, name: string): string {
  const id = readableId(server, name);
  return id.length <= MAX_ID_LENGTH ? id : hashedId(server, name);
}

/**
 * The id of each of one server's tools (or prompts) by name. A name that needed no change keeps its plain id; of
 * those that were changed into the same id, each gets a hash of its real name, so their order does not matter.
 */
export function publicIds(server: string, names: readonly string[]): ReadonlyMap<string, string> {
  const sharers = new Map<string, number>();
  for (const name of names) {
    const id = toolId(server, name);
    sharers.set(id, (sharers.get(id) ?? 0) + 1);
  }
  const taken = new Set(names.map((name) => `${server}__${name}`));
  return new Map(
    names.map((name) => {
      let id = toolId(server, name);
      if (id === `${server}__${name}`) return [name, id];
      if ((sharers.get(id) ?? 0) > 1) id = hashedId(server, name);
      // An upstream can give one tool a name that is the hash of another.
      for (let salt = 1; taken.has(id); salt++) id = hashedId(server, name, salt);
      taken.add(id);
      return [name, id];
    }),
  );
}

function readableId(server: string, name: string): string {
  return `${server}__${plainName(name)}`;
}

/** Without the characters that some client refuses. */
export function plainName(name: string): string {
  return name.replaceAll(/[^A-Za-z0-9_-]/g, "_");
}

function hashedId(server: string, name: string, salt = 0): string {
  return withHash(readableId(server, name), { server, name, salt, maxLength: MAX_ID_LENGTH });
}

/** `text` cut to make room for a hash of what it really names. */
export function withHash(
  text: string,
  {
    server,
    name,
    salt = 0,
    maxLength,
  }: {
    readonly server: string;
    readonly name: string;
    readonly salt?: number;
    readonly maxLength: number;
  },
): string {
  const digest = createHash("sha256").update(`${server}\n${name}\n${salt}`).digest("hex").slice(0, DIGITS);
  return `${text.slice(0, maxLength - 1 - DIGITS)}_${digest}`;
}
