import {
  type Node,
  type ParseError,
  findNodeAtLocation,
  getNodeValue,
  parseTree,
  printParseErrorCode,
} from "jsonc-parser";

import { ConfigError } from "./config-error.ts";

export type Path = readonly (string | number)[];

const SYNTAX: Readonly<Record<string, string>> = {
  CommaExpected: "expected a comma",
  ColonExpected: "expected a colon",
  PropertyNameExpected: "expected a key in double quotes",
  ValueExpected: "expected a value",
  CloseBraceExpected: 'expected "}"',
  CloseBracketExpected: 'expected "]"',
  EndOfFileExpected: "expected the end of the file",
  UnexpectedEndOfComment: "this comment is never closed",
  UnexpectedEndOfString: "this text is never closed",
};

/** JSON with comments and trailing commas, whose parts know where in the text they are. */
export class ConfigText {
  readonly file: string | undefined;
  readonly #text: string;
  readonly #root: Node | undefined;

  /** Throws a ConfigError for text that is not JSON, or that has a key twice. */
  constructor(text: string, file: string | undefined) {
    this.file = file;
    this.#text = text.replace(/^\uFEFF/, "");
    const errors: ParseError[] = [];
    this.#root = parse(this.#text, errors, file);
    const [first] = errors;
    if (first !== undefined) {
      const message = SYNTAX[printParseErrorCode(first.error)] ?? "expected JSON";
      throw new ConfigError(file, [
        { path: "", message, expected: "JSON with comments", ...this.#at(first.offset) },
      ]);
    }
    if (this.#root !== undefined) this.#refuseBadKeys(this.#root, []);
  }

  /** The text as plain values; a file that is empty is an empty object. */
  get value(): unknown {
    return this.#root === undefined ? {} : (getNodeValue(this.#root) as unknown);
  }

  /** Where the key (or list element) at `path` stands; if it is missing, where its parent stands. */
  position(path: Path): { line: number; column: number } {
    for (let length = path.length; length > 0; length--) {
      const node = this.#root && findNodeAtLocation(this.#root, path.slice(0, length));
      if (node !== undefined)
        return this.#at(node.parent?.type === "property" ? node.parent.offset : node.offset);
    }
    return this.#at(this.#root?.offset ?? 0);
  }

  #at(offset: number): { line: number; column: number } {
    const before = this.#text.slice(0, offset);
    const lineStart = before.lastIndexOf("\n") + 1;
    return { line: before.split("\n").length, column: offset - lineStart + 1 };
  }

  /** Of a key that stands twice only the last would count: a server would vanish without a word. */
  #refuseBadKeys(node: Node, path: Path): void {
    const seen = new Set<string>();
    for (const [index, child] of (node.children ?? []).entries()) {
      if (node.type !== "object") {
        this.#refuseBadKeys(child, [...path, index]);
        continue;
      }
      const [key, value] = child.children ?? [];
      const name = String(key?.value);
      const message = seen.has(name) ? "this key stands here twice" : "this key is not allowed";
      if (seen.has(name) || name === "__proto__")
        throw new ConfigError(this.file, [
          { path: showPath([...path, name]), message, ...this.#at(child.offset) },
        ]);
      seen.add(name);
      if (value !== undefined) this.#refuseBadKeys(value, [...path, name]);
    }
  }
}

export function showPath(path: Path): string {
  return path
    .map((part, index) => (typeof part === "number" ? `[${part}]` : `${index > 0 ? "." : ""}${part}`))
    .join("");
}

function parse(text: string, errors: ParseError[], file: string | undefined): Node | undefined {
  try {
    return parseTree(text, errors, { allowTrailingComma: true, allowEmptyContent: true });
  } catch (cause) {
    throw new ConfigError(file, [{ path: "", message: "nested too deeply to be read" }], { cause });
  }
}
