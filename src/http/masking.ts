import { InvalidRequest } from "../domain/errors.ts";
import { isJsonObject } from "../domain/json.ts";

/** Stands for a value that is stored and never shown. */
const MASK = "***";

const REFERENCE = /^(?:(?:bearer|basic|token) )?\$\{[A-Za-z_][\w:.]*\}$/i;
const SECRET_FLAG = /^--?[\w-]*(?:token|secret|password|passwd|api-?key|auth|credential)[\w-]*$/i;

/** References (`${TOKEN}`, `Bearer ${TOKEN}`) are shown, for they say where the secret is, not what it is. */
export function maskValue(value: string): string {
  return REFERENCE.test(value) ? value : MASK;
}

export function maskValues(values: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, maskValue(value)]));
}

const PLACEHOLDER = /^\{\w+\}$/;

/** The user info and all values of the query: both are used for keys. `{name}`s of a URL template are shown. */
export function maskUrl(url: string): string {
  const [, head = "", query = "", hash = ""] = /^([^?#]*)(\?[^#]*)?(#.*)?$/s.exec(url) ?? [];
  const bare = head.replace(/^([a-z+.-]+:\/\/)[^/@]*@/i, `$1${MASK}@`);
  const masked = query.replace(
    /=([^&]+)/g,
    (_, value: string) => `=${PLACEHOLDER.test(value) ? value : maskValue(value)}`,
  );
  return bare + masked + hash;
}

/** Values of flags whose name tells of a secret: `--token=x` and `--token x`. */
export function maskArgs(args: readonly string[]): string[] {
  return args.map((arg, i) => {
    const equals = arg.indexOf("=");
    if (equals > 0 && SECRET_FLAG.test(arg.slice(0, equals)))
      return `${arg.slice(0, equals + 1)}${maskValue(arg.slice(equals + 1))}`;
    const isValue = SECRET_FLAG.test(args[i - 1] ?? "") && !arg.startsWith("-");
    return isValue ? maskValue(arg) : arg;
  });
}

/**
 * Puts the stored values back where a client sent the masked ones unchanged.
 * Throws InvalidRequest when a mask is left that stands for nothing.
 */
export function restoreMasked(sent: unknown, shown: unknown, stored: unknown): unknown {
  const restored = unmask(sent, shown, stored);
  if (!hasMask(restored) || hasMask(stored)) return restored;
  throw new InvalidRequest(
    `"${MASK}" stands for a stored value that is not shown; here there is none. Send the value itself.`,
  );
}

function hasMask(value: unknown): boolean {
  if (typeof value === "string") return value.includes(MASK);
  return typeof value === "object" && value !== null && Object.values(value).some(hasMask);
}

function unmask(sent: unknown, shown: unknown, stored: unknown): unknown {
  if (sent === shown) return stored;
  if (Array.isArray(sent)) {
    const [shownItems, storedItems] = [asArray(shown), asArray(stored)];
    return sent.map((item, i) => unmask(item, shownItems[i], storedItems[i]));
  }
  if (!isJsonObject(sent)) return sent;
  const [shownFields, storedFields] = [isJsonObject(shown) ? shown : {}, isJsonObject(stored) ? stored : {}];
  return Object.fromEntries(
    Object.entries(sent).map(([key, value]) => [key, unmask(value, shownFields[key], storedFields[key])]),
  );
}

function asArray(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
