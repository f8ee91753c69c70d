import { expect } from "chai";

import { GatewayError } from "../../src/domain/errors.ts";
import { asPrecondition, expectedVersion } from "../../src/http/precondition.ts";

describe("expectedVersion", () => {
  for (const [header, version] of [
    [undefined, undefined],
    ["*", undefined],
    ['"3"', 3],
    ['W/"3"', 3],
    ['"1", "3"', 3],
  ] as const) {
    it(`wants ${version ?? "no version"} for ${header ?? "no header"}`, () => {
      expect(expectedVersion(header === undefined ? {} : { "if-match": header }, 3)).to.equal(version);
    });
  }

  for (const header of ['"2"', "3", '""', "", '"33"']) {
    it(`refuses ${JSON.stringify(header)} when the version is 3`, () => {
      expect(() => expectedVersion({ "if-match": header }, 3))
        .to.throw(GatewayError)
        .with.property("code", "precondition_failed");
    });
  }

  it("takes a conflict for a lost race only where a version was wanted", () => {
    const conflict = new GatewayError("conflict", "Changed.");
    const other = new GatewayError("internal", "Broken.");

    expect(asPrecondition(conflict, 3)).to.include({ code: "precondition_failed" });
    expect(asPrecondition(conflict, undefined)).to.equal(conflict);
    expect(asPrecondition(other, 3)).to.equal(other);
  });
});
