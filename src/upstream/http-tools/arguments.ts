import { createRequire } from "node:module";

import type { Ajv, ErrorObject } from "ajv";
import type { Ajv2020 } from "ajv/dist/2020.js";

import { inputSchemaOf } from "../../domain/http-tool-definition.ts";
import type { HttpTool, NewHttpTool } from "../../domain/http-tool.ts";
import type { JsonObject } from "../../domain/json.ts";
import { checkableSchema } from "./checkable-schema.ts";

/** What is wrong with the arguments; nothing when they are right. */
type Check = (args: JsonObject) => string | undefined;

const OPTIONS = {
  // Unknown keywords are legal JSON Schema.
  strict: false,
  validateFormats: false,
  addUsedSchema: false,
  logger: false,
} as const;

/** Checks of arguments, compiled at the first call of each revision of a tool. */
export class ArgumentChecks {
  readonly #checks = new WeakMap<HttpTool, Check>();
  readonly #compiler = new ArgumentCompiler();

  /** Throws an Error when the tool's schema is no schema; registered tools were checked for that. */
  problem(tool: HttpTool, args: JsonObject): string | undefined {
    const known = this.#checks.get(tool) ?? this.#compiler.compile(tool);
    this.#checks.set(tool, known);
    return known(args);
  }
}

/** Ready after 30 ms for the first schema of each dialect; each further one costs about 1 ms. */
export class ArgumentCompiler {
  // Loaded with the first tool: most gateways have none, and it costs 4 MB and 50 ms of the start.
  readonly #load = createRequire(import.meta.url);
  #oldDrafts: Ajv | undefined;
  #newest: Ajv | undefined;

  /** Throws an Error that says why when the schema cannot be compiled. */
  compile(tool: Pick<NewHttpTool, "schema">): Check {
    const schema = inputSchemaOf(tool);
    const checked = checkableSchema(schema);
    const ajv = isOldDraft(schema["$schema"]) ? this.#forOldDrafts() : this.#forNewest();
    try {
      const validate = ajv.compile(checked);
      return (args) => (validate(args) ? undefined : describe(validate.errors?.[0]));
    } finally {
      // It would be kept as long as the compiler.
      ajv.removeSchema(checked);
    }
  }

  #forOldDrafts(): Ajv {
    const { Ajv: OldDrafts } = this.#load("ajv") as { Ajv: typeof Ajv };
    return (this.#oldDrafts ??= new OldDrafts(OPTIONS));
  }

  #forNewest(): Ajv {
    const { Ajv2020: Newest } = this.#load("ajv/dist/2020.js") as { Ajv2020: typeof Ajv2020 };
    return (this.#newest ??= new Newest(OPTIONS));
  }
}

/** Without `$schema` MCP means 2020-12. */
function isOldDraft(dialect: unknown): boolean {
  return typeof dialect === "string" && /draft-0[4-7]/.test(dialect);
}

function describe(error: ErrorObject | undefined): string {
  if (error === undefined) return "they do not match the tool's schema";
  const { additionalProperty, allowedValues } = error.params as {
    additionalProperty?: unknown;
    allowedValues?: unknown;
  };
  const where = error.instancePath === "" ? "the arguments" : error.instancePath;
  const extra =
    typeof additionalProperty === "string"
      ? ` (${additionalProperty})`
      : Array.isArray(allowedValues)
        ? ` (${allowedValues.slice(0, 20).map(String).join(", ")})`
        : "";
  return `${where} ${error.message ?? "is not valid"}${extra}`;
}
