type Part = string | Expression;

interface Expression {
  /** The character that an operator puts before its value; an expression with one may be absent altogether. */
  readonly lead: string;
  readonly mayBeEmpty: boolean;
  /** Characters that end the value. */
  readonly stops: string;
}

/** By operator of RFC 6570. Values of upstreams are matched leniently: anything but what surely ends them. */
const OPERATORS: Readonly<Record<string, Expression>> = {
  "": { lead: "", mayBeEmpty: false, stops: "/?#" },
  "+": { lead: "", mayBeEmpty: false, stops: "" },
  "#": { lead: "#", mayBeEmpty: true, stops: "" },
  ".": { lead: ".", mayBeEmpty: true, stops: "/?#" },
  "/": { lead: "/", mayBeEmpty: true, stops: "?#" },
  ";": { lead: ";", mayBeEmpty: true, stops: "/?#" },
  "?": { lead: "?", mayBeEmpty: true, stops: "#" },
  "&": { lead: "&", mayBeEmpty: true, stops: "#" },
};

/** Bounds that keep one match of a hostile template under a millisecond. */
const MAX_TEMPLATE_LENGTH = 1_024;
const MAX_EXPRESSIONS = 16;
const MAX_URI_LENGTH = 4_096;

/**
 * A matcher for an upstream's URI template. It walks the URI once per part with the set of positions that are still
 * possible, so there is no backtracking, and no regular expression is built from foreign text.
 */
export class UriTemplate {
  /** How many characters are fixed: of two templates that match, the one with more is the better guess. */
  readonly literalLength: number;
  readonly #parts: readonly Part[];

  private constructor(parts: readonly Part[]) {
    this.#parts = parts;
    this.literalLength = parts.reduce((sum, part) => sum + (typeof part === "string" ? part.length : 0), 0);
  }

  /** Nothing for a template that is malformed or out of bounds: it is still listed, but routes no URI. */
  static parse(text: string): UriTemplate | undefined {
    if (text.length > MAX_TEMPLATE_LENGTH) return undefined;
    const parts: Part[] = [];
    for (let at = 0; at < text.length;) {
      const open = text.indexOf("{", at);
      const literal = text.slice(at, open < 0 ? text.length : open);
      if (literal.includes("}")) return undefined;
      if (literal !== "") parts.push(literal);
      if (open < 0) break;
      const close = text.indexOf("}", open);
      const expression = close < 0 ? undefined : parseExpression(text.slice(open + 1, close));
      if (expression === undefined) return undefined;
      parts.push(expression);
      at = close + 1;
    }
    return parts.length > 2 * MAX_EXPRESSIONS + 1 ? undefined : new UriTemplate(parts);
  }

  matches(uri: string): boolean {
    const first = this.#parts[0];
    if (uri.length > MAX_URI_LENGTH || (typeof first === "string" && !uri.startsWith(first))) return false;
    let reached = new Uint8Array(uri.length + 1);
    reached[0] = 1;
    for (const part of this.#parts) {
      reached =
        typeof part === "string" ? afterLiteral(uri, part, reached) : afterExpression(uri, part, reached);
    }
    return reached[uri.length] === 1;
  }
}

function parseExpression(body: string): Expression | undefined {
  const operator = /^[+#./;?&]/.test(body) ? body.charAt(0) : "";
  const names = body.slice(operator.length).split(",");
  if (!names.every((name) => /^[\w.%-]+(?:\*|:\d{1,4})?$/.test(name))) return undefined;
  return OPERATORS[operator];
}

function afterLiteral(uri: string, literal: string, reached: Uint8Array): Uint8Array<ArrayBuffer> {
  const next = new Uint8Array(uri.length + 1);
  for (let at = uri.indexOf(literal); at >= 0; at = uri.indexOf(literal, at + 1)) {
    if (reached[at] === 1) next[at + literal.length] = 1;
  }
  return next;
}

function afterExpression(uri: string, expression: Expression, reached: Uint8Array): Uint8Array<ArrayBuffer> {
  const { lead, mayBeEmpty, stops } = expression;
  const next = mayBeEmpty ? Uint8Array.from(reached) : new Uint8Array(uri.length + 1);
  let inside = false;
  for (let at = 0; at < uri.length; at++) {
    const character = uri.charAt(at);
    inside = continues(inside, lead === "" && reached[at] === 1, !stops.includes(character));
    if (lead !== "" && reached[at] === 1 && character === lead) inside = true;
    if (inside) next[at + 1] = 1;
  }
  return next;
}

function continues(inside: boolean, begins: boolean, allowed: boolean): boolean {
  return (inside || begins) && allowed;
}
