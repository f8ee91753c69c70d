import { type JsonObject, isJsonObject } from "../../domain/json.ts";
import type { Tool } from "../../domain/offering.ts";
import type { SchemaDialect } from "../../domain/profile.ts";
import { claude } from "./claude.ts";
import { gemini } from "./gemini.ts";
import { type DialectLimits, inlineRefs } from "./inline-refs.ts";
import { openai } from "./openai.ts";
import { type Written, restoreKeys } from "./property-keys.ts";

export type { DialectLimits } from "./inline-refs.ts";

/** A tool's definition as a profile shows it. */
interface WrittenTool {
  readonly definition: JsonObject;
  readonly keys?: ReadonlyMap<string, string> | undefined;
}

type Write = (schema: JsonObject, limits: DialectLimits) => Written;

/** How each dialect writes an input schema. They allow more than the upstream's own, not less, but for `gemini`'s choices. */
export const DIALECTS: Readonly<Record<SchemaDialect, Write>> = {
  full: (schema) => ({ schema }),
  "no-refs": (schema, limits) => ({ schema: inlineRefs(schema, limits) }),
  gemini,
  openai,
  claude,
};

/**
 * An output schema goes to no model, but the client checks answers by it: it is kept as it is, or, for clients that
 * cannot follow references, written without; `gemini` would make it narrower than the answers are, so it goes.
 */
const OUTPUT: Readonly<Record<SchemaDialect, Write | "dropped">> = {
  full: DIALECTS.full,
  "no-refs": DIALECTS["no-refs"],
  gemini: "dropped",
  openai: DIALECTS.full,
  claude: DIALECTS.full,
};

/** Tools in the dialects of profiles, each worked out once per definition. */
export class WrittenTools {
  readonly #limits: DialectLimits;
  readonly #known = new WeakMap<Tool, Map<SchemaDialect, WrittenTool>>();

  constructor(limits: DialectLimits) {
    this.#limits = limits;
  }

  definition(tool: Tool, dialect: SchemaDialect): JsonObject {
    return dialect === "full" ? tool.definition : this.#written(tool, dialect).definition;
  }

  /** The arguments of a call as the upstream expects them. */
  arguments(tool: Tool, dialect: SchemaDialect, args: JsonObject): JsonObject {
    if (dialect === "full") return args;
    const { keys } = this.#written(tool, dialect);
    return keys === undefined ? args : restoreKeys(args, keys);
  }

  #written(tool: Tool, dialect: SchemaDialect): WrittenTool {
    const known = this.#known.get(tool) ?? new Map<SchemaDialect, WrittenTool>();
    this.#known.set(tool, known);
    const written = known.get(dialect) ?? this.#write(tool.definition, dialect);
    known.set(dialect, written);
    return written;
  }

  #write(definition: JsonObject, dialect: SchemaDialect): WrittenTool {
    const { inputSchema, outputSchema, ...rest } = definition;
    if (!isJsonObject(inputSchema)) return { definition };
    const { schema, keys } = DIALECTS[dialect](inputSchema, this.#limits);
    const write = OUTPUT[dialect];
    const output =
      isJsonObject(outputSchema) && write !== "dropped"
        ? { outputSchema: write(outputSchema, this.#limits).schema }
        : {};
    return { definition: { ...rest, inputSchema: schema, ...output }, keys };
  }
}
