import { expect } from "chai";

import { type AcceptedLoss, compare, table } from "./comparison.ts";
import { type Check, numberChecks } from "./suite.ts";

const passed = (key: string): Check => ({ key, status: "SUCCESS" });
const failed = (key: string): Check => ({ key, status: "FAILURE", message: "no answer" });
const loss = (check: string): AcceptedLoss => ({
  suite: "server",
  revision: "2025-11-25",
  check,
  needs: "sampling",
  reason: "no way to ask the client yet",
});

describe("the comparison of two conformance runs", () => {
  it("names a check that passes directly but not through the gateway", () => {
    const found = compare([passed("a:x"), passed("b:y")], [passed("a:x"), failed("b:y")], []);

    expect(found.lost).to.deep.equal([
      { check: "b:y", direct: "SUCCESS", through: "FAILURE", message: "no answer" },
    ]);
    expect([found.passedDirect, found.passedThrough]).to.deep.equal([2, 1]);
  });

  it("counts a check that does not happen through the gateway as lost", () => {
    const found = compare([passed("a:x")], [], []);

    expect(found.lost.map((row) => row.through)).to.deep.equal(["absent"]);
  });

  it("counts neither a failure that the upstream has by itself nor a check that only the gateway has", () => {
    const found = compare([failed("a:x")], [failed("a:x"), passed("b:y")], []);

    expect(found.lost).to.deep.equal([]);
    expect(found.rows.map((row) => row.direct)).to.deep.equal(["FAILURE", "absent"]);
  });

  it("does not count a check that does not apply, as the suite itself says", () => {
    const found = compare(
      [passed("streams:functional")],
      [{ key: "streams:functional", status: "INFO" }],
      [],
    );

    expect(found.lost).to.deep.equal([]);
    expect(found.rows.map((row) => row.through)).to.deep.equal(["INFO"]);
  });

  it("accepts a loss that is listed, by its scenario or by its check", () => {
    const direct = [passed("a:x"), passed("a:y#2"), passed("b:z")];

    const found = compare(direct, [], [loss("a"), loss("b:z")]);

    expect(found.lost).to.deep.equal([]);
    expect(found.accepted.map((row) => row.loss.check)).to.deep.equal(["a", "a", "b:z"]);
  });

  it("does not take a listed check for another one that begins alike", () => {
    const found = compare([passed("tools-list:x")], [], [loss("tools")]);

    expect(found.lost).to.have.length(1);
    expect(found.stale).to.deep.equal([loss("tools")]);
  });

  it("tells of entries that name nothing lost", () => {
    const found = compare([passed("a:x")], [passed("a:x")], [loss("a:x")]);

    expect(found.stale).to.deep.equal([loss("a:x")]);
  });

  it("numbers checks of the same name and leaves out what is no verdict", () => {
    const checks = numberChecks("polling", [
      { id: "incoming-sse-event", status: "INFO" },
      { id: "resumed", status: "SUCCESS" },
      { id: "resumed", status: "WARNING", errorMessage: "late" },
      { id: "optional", status: "INFO" },
    ]);

    expect(checks).to.deep.equal([
      { key: "polling:resumed", status: "SUCCESS" },
      { key: "polling:resumed#2", status: "WARNING", message: "late" },
      { key: "polling:optional", status: "INFO" },
    ]);
  });

  it("prints one line for each check", () => {
    const { rows } = compare([passed("scenario:check")], [failed("scenario:check")], []);

    expect(table(rows).split("\n")).to.deep.equal([
      "check          | direct  | through",
      "-------------- | ------- | -------",
      "scenario:check | SUCCESS | FAILURE",
    ]);
  });
});
