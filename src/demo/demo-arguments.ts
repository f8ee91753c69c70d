export type Arguments = Readonly<Record<string, unknown>>;

interface Property {
  readonly type: "string" | "number" | "integer" | "array";
  readonly description?: string;
  readonly default?: string | number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly maxLength?: number;
  readonly items?: Property;
}

/** As much of JSON Schema as the demo needs. */
export interface Schema {
  readonly type: "object";
  readonly properties: Readonly<Record<string, Property>>;
  readonly required?: readonly string[];
}

/** Told to the model as the result of its call, so that it can try again. */
export class BadArgument extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, { cause });
    this.name = "BadArgument";
  }
}

/** Throws BadArgument with a sentence that says what was expected. */
export function checkArguments(schema: Schema, args: Arguments): void {
  for (const name of schema.required ?? []) {
    if (args[name] === undefined) throw new BadArgument(`The argument "${name}" is missing.`);
  }
  for (const [name, value] of Object.entries(args)) {
    const property = Object.hasOwn(schema.properties, name) ? schema.properties[name] : undefined;
    if (property === undefined) {
      const known = Object.keys(schema.properties).join('", "');
      throw new BadArgument(`There is no argument "${name}"; the arguments are "${known}".`);
    }
    const problem = problemOf(property, value);
    if (problem !== undefined) throw new BadArgument(`The argument "${name}" must be ${problem}.`);
  }
}

function problemOf(property: Property, value: unknown): string | undefined {
  return property.type === "string" ? problemOfText(property, value) : problemOfNumber(property, value);
}

function problemOfText({ maxLength = Infinity }: Property, value: unknown): string | undefined {
  if (typeof value !== "string") return "a text";
  return value.length > maxLength ? `at most ${maxLength} characters long` : undefined;
}

function problemOfNumber(property: Property, value: unknown): string | undefined {
  const { type, minimum = -Infinity, maximum = Infinity } = property;
  if (typeof value !== "number") return "a number";
  if (type === "integer" && !Number.isInteger(value)) return "a whole number";
  return value < minimum || value > maximum ? `from ${minimum} to ${maximum}` : undefined;
}

export function textOf(args: Arguments, name: string, fallback = ""): string {
  const value = args[name];
  return typeof value === "string" ? value : fallback;
}

export function numberOf(args: Arguments, name: string, fallback = 0): number {
  const value = args[name];
  return typeof value === "number" ? value : fallback;
}

export function integerOf(args: Arguments, name: string, fallback: number): number {
  return Math.trunc(numberOf(args, name, fallback));
}
