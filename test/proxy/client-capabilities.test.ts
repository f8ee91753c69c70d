import { expect } from "chai";

import type { JsonObject } from "../../src/domain/json.ts";
import { isInteractive, missingCapability } from "../../src/proxy/proxy.ts";

describe("what a client can be asked", () => {
  it("is nothing without sampling, elicitation or roots", () => {
    expect(isInteractive({})).to.equal(false);
    expect(isInteractive({ experimental: {}, tasks: {}, extensions: {} })).to.equal(false);
    expect(isInteractive({ sampling: true })).to.equal(false);
    for (const capability of ["sampling", "elicitation", "roots"])
      expect(isInteractive({ [capability]: {} }), capability).to.equal(true);
  });

  const table: readonly [
    about: string,
    capabilities: JsonObject,
    method: string,
    params: JsonObject,
    missing: string | undefined,
  ][] = [
    ["sampling", { sampling: {} }, "sampling/createMessage", {}, undefined],
    ["no sampling", { elicitation: {} }, "sampling/createMessage", {}, "sampling"],
    ["sampling with tools", { sampling: { tools: {} } }, "sampling/createMessage", { tools: [] }, undefined],
    ["tools unknown", { sampling: {} }, "sampling/createMessage", { tools: [] }, "sampling.tools"],
    ["tool choice unknown", { sampling: {} }, "sampling/createMessage", { toolChoice: {} }, "sampling.tools"],
    ["a form", { elicitation: { form: {} } }, "elicitation/create", { mode: "form" }, undefined],
    ["a form of old", { elicitation: {} }, "elicitation/create", {}, undefined],
    ["URL of old", { elicitation: {} }, "elicitation/create", { mode: "url" }, "elicitation.url"],
    ["a URL", { elicitation: { url: {} } }, "elicitation/create", { mode: "url" }, undefined],
    ["URLs only", { elicitation: { url: {} } }, "elicitation/create", {}, "elicitation.form"],
    ["both", { elicitation: { form: {}, url: {} } }, "elicitation/create", {}, undefined],
    ["no elicitation", { sampling: {} }, "elicitation/create", {}, "elicitation"],
    ["roots", { roots: {} }, "roots/list", {}, undefined],
    ["no roots", {}, "roots/list", {}, "roots"],
    ["a task of a client with tasks", { tasks: {} }, "tasks/get", {}, undefined],
    ["a task of a client without", { sampling: {} }, "tasks/get", {}, "tasks"],
    ["something unknown", { sampling: {} }, "vendor/ask", {}, "tasks"],
  ];
  for (const [about, capabilities, method, params, missing] of table) {
    it(`knows what is missing for ${about}: ${missing ?? "nothing"}`, () => {
      expect(missingCapability(capabilities, method, params)).to.equal(missing);
    });
  }
});
