import { expect } from "chai";

import { idempotencyKey } from "../../src/domain/idempotency-key.ts";
import { refusal } from "../support/refusal.ts";

describe("idempotencyKey", () => {
  it("takes 1–255 visible characters as they are", () => {
    for (const key of ["a", '"quoted"', "0f8fad5b-d9cb-469f-a165-70867728950e", "~".repeat(255)])
      expect(idempotencyKey(key, "Idempotency-Key")).to.equal(key);
  });

  it("refuses all else, and says where it stood", () => {
    for (const key of ["", "two words", "tab\t", "é", "x".repeat(256), 5, null, ["a"], { a: 1 }]) {
      const error = refusal(() => idempotencyKey(key, "_meta.idempotencyKey"));
      expect(error).to.include({ code: "invalid_request" });
      expect(error).to.have.nested.property("issues[0].path", "_meta.idempotencyKey");
    }
  });
});
