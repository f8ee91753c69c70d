import { expect } from "chai";

import { Conflict, GatewayError } from "../../src/domain/errors.ts";
import { onDuplicate, toStorageError } from "../../src/storage/storage-errors.ts";
import { refusal } from "../support/refusal.ts";

const driverError = (code: string): Error =>
  Object.assign(new Error("secret detail of the driver"), { code });

describe("toStorageError", () => {
  it("hides what the driver said, and keeps it as the cause", () => {
    const cause = driverError("ECONNREFUSED");

    const error = toStorageError(cause);

    expect(error.code).to.equal("storage_unavailable");
    expect(error.message).to.equal("The database does not answer.");
    expect(error.cause).to.equal(cause);
    expect(error.details).to.deep.equal({ reason: "unreachable" });
  });

  it("tells a full disk from a database that is away", () => {
    for (const code of ["SQLITE_FULL", "53100", "ENOSPC"]) {
      expect(toStorageError(driverError(code)).details, code).to.deep.equal({ reason: "disk_full" });
    }
  });

  it("lets our own errors pass", () => {
    const error = new Conflict("taken");

    expect(toStorageError(error)).to.equal(error);
  });

  it("copes with whatever is thrown", () => {
    for (const thrown of [undefined, null, "text", 7, { code: 7 }]) {
      expect(toStorageError(thrown)).to.be.instanceOf(GatewayError);
    }
  });
});

describe("onDuplicate", () => {
  it("turns a violated unique key of either database into a conflict", () => {
    for (const code of ["SQLITE_CONSTRAINT_PRIMARYKEY", "SQLITE_CONSTRAINT_UNIQUE", "23505"]) {
      const error = refusal(() => onDuplicate("taken", { name: "x" })(driverError(code)));
      expect(error, code).to.be.instanceOf(Conflict);
      expect(error.details).to.deep.equal({ name: "x" });
    }
  });

  it("leaves any other failure as it is", () => {
    const cause = driverError("SQLITE_CONSTRAINT_NOTNULL");

    expect(() => onDuplicate("taken", {})(cause)).to.throw(cause.message);
  });
});
