import { InvalidRequest } from "../domain/errors.ts";

/** The part of regular expressions that a linear-time matcher can keep: no look-around, no back references. */
export type PatternNode =
  | { readonly kind: "sign"; readonly matches: SignTest }
  | { readonly kind: "start" | "end" }
  | { readonly kind: "sequence" | "choice"; readonly nodes: readonly PatternNode[] }
  | {
      readonly kind: "repeat";
      readonly node: PatternNode;
      readonly minimum: number;
      readonly maximum: number;
    };

/** Tells whether a UTF-16 code, in lower case, fits. */
export type SignTest = (code: number) => boolean;

const MAX_DEPTH = 20;
const MAX_COUNT = 100;

const CLASSES: Readonly<Record<string, SignTest>> = {
  d: (code) => code >= 48 && code <= 57,
  w: (code) => (code >= 48 && code <= 57) || (code >= 97 && code <= 122) || code === 95,
  s: (code) => code === 32 || (code >= 9 && code <= 13) || code === 160,
};

/** Parses a pattern; it is matched without regard to case. Throws InvalidRequest with the place of the fault. */
export function parsePattern(source: string): PatternNode {
  return new PatternReader(source).read();
}

class PatternReader {
  readonly #source: string;
  #position = 0;
  #depth = 0;

  constructor(source: string) {
    this.#source = source;
  }

  read(): PatternNode {
    const node = this.#readChoice();
    if (this.#position < this.#source.length) this.#fail("there is no group to close");
    return node;
  }

  #readChoice(): PatternNode {
    if (++this.#depth > MAX_DEPTH) this.#fail("groups are nested too deep");
    const nodes = [this.#readSequence()];
    while (this.#take("|")) nodes.push(this.#readSequence());
    this.#depth--;
    return nodes.length === 1 && nodes[0] !== undefined ? nodes[0] : { kind: "choice", nodes };
  }

  #readSequence(): PatternNode {
    const nodes: PatternNode[] = [];
    while (this.#position < this.#source.length && !"|)".includes(this.#peek())) {
      nodes.push(this.#readRepeat());
    }
    return { kind: "sequence", nodes };
  }

  #readRepeat(): PatternNode {
    const node = this.#readOne();
    const count = this.#readCount();
    if (count === undefined) return node;
    if (node.kind === "start" || node.kind === "end") this.#fail("an anchor cannot be repeated");
    this.#take("?"); // A lazy quantifier matches the same texts.
    if ("*+?".includes(this.#peek()) && this.#peek() !== "") this.#fail("a quantifier follows a quantifier");
    return { kind: "repeat", node, ...count };
  }

  #readCount(): { minimum: number; maximum: number } | undefined {
    if (this.#take("*")) return { minimum: 0, maximum: Infinity };
    if (this.#take("+")) return { minimum: 1, maximum: Infinity };
    if (this.#take("?")) return { minimum: 0, maximum: 1 };
    const counted = /^\{(\d{1,3})(,(\d{0,3}))?\}/.exec(
      this.#source.slice(this.#position, this.#position + 9),
    );
    if (counted === null) return undefined;
    const minimum = Number(counted[1]);
    const open = counted[2] === undefined ? minimum : counted[3] === "" ? Infinity : Number(counted[3]);
    if (minimum > MAX_COUNT || (open !== Infinity && open > MAX_COUNT) || open < minimum) {
      this.#fail(`a count must rise and be at most ${MAX_COUNT}`);
    }
    this.#position += counted[0].length;
    return { minimum, maximum: open };
  }

  #readOne(): PatternNode {
    if (this.#take("(")) return this.#readGroup();
    if (this.#take("[")) return { kind: "sign", matches: this.#readSet() };
    if (this.#take("^")) return { kind: "start" };
    if (this.#take("$")) return { kind: "end" };
    if (this.#take(".")) return { kind: "sign", matches: () => true };
    if ("*+?".includes(this.#peek())) this.#fail("there is nothing to repeat");
    if (this.#take("\\")) return { kind: "sign", matches: this.#readEscape() };
    return { kind: "sign", matches: equals(this.#next()) };
  }

  #readGroup(): PatternNode {
    if (this.#take("?") && !this.#take(":")) this.#fail("look-around and named groups are not supported");
    const node = this.#readChoice();
    if (!this.#take(")")) this.#fail("a group is not closed");
    return node;
  }

  /** `\d`, `\W` and the like; otherwise the sign itself, unless it is a letter or digit with another meaning. */
  #readEscape(): SignTest {
    const sign = this.#next();
    const known = CLASSES[sign.toLowerCase()];
    if (known !== undefined) return sign === sign.toLowerCase() ? known : (code) => !known(code);
    if (/[A-Za-z0-9]/.test(sign)) this.#fail(`the escape \\${sign} is not supported`);
    return equals(sign);
  }

  #readSet(): SignTest {
    const negated = this.#take("^");
    const tests: SignTest[] = [];
    while (!this.#take("]")) tests.push(this.#readMember());
    return (code) => tests.some((test) => test(code)) !== negated;
  }

  #readMember(): SignTest {
    if (this.#position >= this.#source.length) this.#fail("a set is not closed");
    if (this.#take("\\")) return this.#readEscape();
    const first = this.#next();
    const ranged = this.#peek() === "-" && !["]", ""].includes(this.#peek(1));
    if (!ranged) return equals(first);
    this.#position++;
    this.#take("\\");
    const last = this.#next();
    if (last < first) this.#fail(`the range ${first}-${last} is the wrong way round`);
    return between(first.charCodeAt(0), last.charCodeAt(0));
  }

  #peek(ahead = 0): string {
    return this.#source.charAt(this.#position + ahead);
  }

  #next(): string {
    if (this.#position >= this.#source.length) this.#fail("it ends too early");
    return this.#source.charAt(this.#position++);
  }

  #take(sign: string): boolean {
    if (this.#peek() !== sign) return false;
    this.#position++;
    return true;
  }

  #fail(reason: string): never {
    throw new InvalidRequest(`The pattern cannot be used: ${reason} (at character ${this.#position + 1}).`, [
      { path: "query", message: reason },
    ]);
  }
}

function equals(sign: string): SignTest {
  const lower = sign.toLowerCase().charCodeAt(0);
  return (code) => code === lower;
}

/** The text is in lower case, the range need not be. */
function between(first: number, last: number): SignTest {
  const inside = (code: number) => code >= first && code <= last;
  return (code) => inside(code) || (code >= 97 && code <= 122 && inside(code - 32));
}
