import { Ajv2020 as Ajv } from "ajv/dist/2020.js";
import { expect } from "chai";
import * as fc from "fast-check";

import type { JsonObject } from "../../../src/domain/json.ts";
import type { Tool } from "../../../src/domain/offering.ts";
import { SCHEMA_DIALECTS } from "../../../src/domain/profile.ts";
import { DIALECTS, WrittenTools } from "../../../src/mcp/dialects/dialects.ts";
import { proves } from "../../support/proves.ts";
import { NASTY, everySchema, inputSchemas } from "./nasty-schemas.ts";

const limits = { schemaBytes: 64 * 1024, schemaDepth: 32 };
const RUNS = { numRuns: 300 };

function toolWith(definition: JsonObject): Tool {
  return {
    id: "s__t",
    server: "s",
    name: "t",
    description: "",
    definition: { name: "t", ...definition },
    readOnly: false,
    idempotent: false,
    destructive: false,
    tags: [],
    hash: "",
  };
}

/** As JSON, so that absent and undefined are the same. */
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

describe("every dialect", () => {
  for (const dialect of SCHEMA_DIALECTS) {
    const write = (schema: JsonObject): JsonObject => DIALECTS[dialect](schema, limits).schema;

    for (const [name, schema] of Object.entries(NASTY)) {
      it(`${dialect}: takes ${name}, and leaves what it was given as it is`, () => {
        const before = JSON.stringify(schema);

        const written = write(schema);

        expect(JSON.stringify(schema)).to.equal(before);
        expect(written["type"]).to.equal("object");
        expect(JSON.stringify(written).length).to.be.below(8 * limits.schemaBytes);
        expect(JSON.stringify(write(schema)), "again the same").to.equal(JSON.stringify(written));
      });

      it(`${dialect}: has nothing to add when it reads its own of ${name}`, () => {
        const written = write(schema);

        expect(plain(write(written))).to.deep.equal(plain(written));
      });
    }

    it(`${dialect}: takes whatever schema there may be`, () => {
      fc.assert(
        fc.property(inputSchemas, (schema) => {
          const written = write(schema);
          expect(written["type"]).to.equal("object");
          expect(JSON.stringify(write(schema))).to.equal(JSON.stringify(written));
        }),
        RUNS,
      );
    });
  }

  it("is quick with schemas that would grow without end", () => {
    const started = performance.now();

    for (const dialect of SCHEMA_DIALECTS) DIALECTS[dialect](NASTY["doubling references"] ?? {}, limits);

    expect(performance.now() - started).to.be.below(1_500);
  });
});

describe("full", () => {
  it("is verbatim", () => {
    for (const schema of Object.values(NASTY)) expect(DIALECTS.full(schema, limits).schema).to.equal(schema);
  });
});

describe("what the dialects allow", () => {
  const ajv = new Ajv({ strict: false, validateFormats: false, logger: false });
  const cases: readonly (readonly [args: JsonObject, schema: string])[] = [
    [{ n: 5 }, "a closed object with a default and a draft"],
    [{ a: { c: "x" }, b: { c: "y" } }, "references, also to references"],
    [{ root: { name: "a", children: [{ name: "b", children: [{ name: "c" }] }] } }, "a tree"],
    [{ inner: { inner: { inner: {} } } }, "itself"],
    [{ q: "x" }, "a reference at the top"],
    [{ kind: "circle", radius: 2 }, "alternatives at the top"],
    [{ kind: "square", side: 2 }, "alternatives at the top"],
    [{ id: "1", body: "x" }, "alternatives that only require"],
    [{ b: "x" }, "alternatives by reference"],
    [{ a: 3, b: "x" }, "parts in parts"],
    [{ bare: [1, "a"], tuple: ["a", 1], prefix: [1, "a"], deep: [[["x"], null]] }, "lists of all sorts"],
    [{ headers: { A: "b" }, env: { "X-A": "b" }, free: { a: 1 } }, "maps"],
  ];

  for (const dialect of ["no-refs", "openai", "claude"] as const) {
    for (const [args, name] of cases) {
      // Without references the tuples stay as they are, which draft 2020-12 does not know.
      if (dialect === "no-refs" && name === "lists of all sorts") continue;
      it(`${dialect}: what ${name} allows is still allowed: ${JSON.stringify(args)}`, () => {
        const schema = { ...NASTY[name] };
        delete (schema as Record<string, unknown>)["$schema"];
        // Draft 2020-12 has no tuples in `items`; the arguments are then right by construction.
        if (name !== "lists of all sorts") expect(ajv.validate(schema, args), "at all").to.equal(true);

        const written = DIALECTS[dialect](schema, limits).schema;

        expect(ajv.validate(written, args), ajv.errorsText()).to.equal(true);
      });
    }
  }

  it("gemini: what a schema of plain parts allows is still allowed", () => {
    const nullable = new Ajv({ strict: false, validateFormats: false, logger: false });
    for (const name of ["a closed object with a default and a draft", "references, also to references"]) {
      const args = cases.find(([, of]) => of === name)?.[0];
      const { schema } = DIALECTS.gemini(NASTY[name] ?? {}, limits);
      expect(nullable.validate(schema, args), nullable.errorsText()).to.equal(true);
    }
  });
});

describe("WrittenTools", () => {
  const inputSchema = NASTY["names that models refuse"] ?? {};
  const outputSchema = { type: "object", properties: { a: { $ref: "#/$defs/A" } }, $defs: { A: {} } };

  it("keeps everything else of a definition", () => {
    const tool = toolWith({ title: "T", inputSchema, annotations: { readOnlyHint: true }, vendor: { a: 1 } });
    const tools = new WrittenTools(limits);

    for (const dialect of SCHEMA_DIALECTS) {
      const { inputSchema: _, ...rest } = tools.definition(tool, dialect);
      expect(rest, dialect).to.deep.equal({
        name: "t",
        title: "T",
        annotations: { readOnlyHint: true },
        vendor: { a: 1 },
      });
    }
  });

  it("works each definition out once", () => {
    const tool = toolWith({ inputSchema });
    const tools = new WrittenTools(limits);

    expect(tools.definition(tool, "gemini")).to.equal(tools.definition(tool, "gemini"));
    expect(tools.definition(tool, "full")).to.equal(tool.definition);
  });

  it("gives the upstream its own names back, in every dialect", () => {
    proves("dialects.schemas");
    const tool = toolWith({ inputSchema });
    const tools = new WrittenTools(limits);
    const own = Object.keys(inputSchema["properties"] as JsonObject);

    for (const dialect of SCHEMA_DIALECTS) {
      const schema = tools.definition(tool, dialect)["inputSchema"] as JsonObject;
      const shown = Object.keys(schema["properties"] as JsonObject);
      const args = Object.fromEntries(shown.map((name, at) => [name, at]));
      const restored = tools.arguments(tool, dialect, args);
      expect(Object.keys(restored), dialect).to.deep.equal(own);
      expect(Object.values(restored), dialect).to.deep.equal(Object.values(args));
    }
  });

  it("passes the very same arguments on where no name was changed", () => {
    const tool = toolWith({ inputSchema: { type: "object", properties: { a: {} } } });
    const args = { a: 1, other: 2 };

    for (const dialect of SCHEMA_DIALECTS)
      expect(new WrittenTools(limits).arguments(tool, dialect, args)).to.equal(args);
  });

  it("keeps an output schema, without references or not at all where the dialect says so", () => {
    const tool = toolWith({ inputSchema: { type: "object" }, outputSchema });
    const tools = new WrittenTools(limits);
    const output = (dialect: (typeof SCHEMA_DIALECTS)[number]): unknown =>
      tools.definition(tool, dialect)["outputSchema"];

    expect(output("full")).to.equal(outputSchema);
    expect(output("openai")).to.equal(outputSchema);
    expect(output("claude")).to.equal(outputSchema);
    expect(output("no-refs")).to.deep.equal({ type: "object", properties: { a: {} } });
    expect(output("gemini")).to.equal(undefined);
  });

  it("leaves a definition without an input schema alone", () => {
    const tool = toolWith({});

    for (const dialect of SCHEMA_DIALECTS)
      expect(new WrittenTools(limits).definition(tool, dialect)).to.equal(tool.definition);
  });
});

describe("no-refs", () => {
  it("leaves no reference and no definition in any schema", () => {
    fc.assert(
      fc.property(inputSchemas, (schema) => {
        const written = DIALECTS["no-refs"](schema, limits).schema;
        for (const [place, each] of everySchema(written))
          expect(Object.keys(each), place).to.not.include.members(["$ref"]);
        expect(written).to.not.have.any.keys("$defs", "definitions");
      }),
      RUNS,
    );
  });
});
