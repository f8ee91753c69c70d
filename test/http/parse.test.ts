import { expect } from "chai";
import { z } from "zod";

import { InvalidRequest } from "../../src/domain/errors.ts";
import { parse } from "../../src/http/parse.ts";

describe("parse", () => {
  function issuesOf(schema: z.ZodType, value: unknown): unknown {
    try {
      parse(schema, value, "The body");
    } catch (error) {
      if (error instanceof InvalidRequest) return error.issues;
      throw error;
    }
    return expect.fail("did not throw");
  }

  it("gives what the schema makes of the value", () => {
    expect(parse(z.strictObject({ a: z.string().default("x") }), {}, "The body")).to.deep.equal({ a: "x" });
  });

  it("names every bad field by its path", () => {
    const schema = z.strictObject({ a: z.array(z.object({ b: z.number() })), c: z.string() });

    expect(issuesOf(schema, { a: [{ b: 1 }, { b: "x" }], d: 1 })).to.deep.equal([
      { path: "a.1.b", message: "Invalid input: expected number, received string" },
      { path: "c", message: "Invalid input: expected string, received undefined" },
      { path: "d", message: "is not a known field" },
    ]);
  });

  it("tells of that branch of a union that comes nearest", () => {
    const schema = z.object({
      server: z.union([z.strictObject({ command: z.string() }), z.strictObject({ url: z.url() })]),
    });

    expect(issuesOf(schema, { server: { url: "nowhere" } })).to.deep.equal([
      { path: "server.url", message: "Invalid URL" },
    ]);
  });

  it("says the first fault in its sentence", () => {
    expect(() => parse(z.object({ a: z.object({ b: z.string() }) }), { a: {} }, "The query")).to.throw(
      'The query is not valid at "a.b": Invalid input',
    );
    expect(() => parse(z.object({}), [], "The query")).to.throw("The query is not valid: Invalid input");
  });
});
