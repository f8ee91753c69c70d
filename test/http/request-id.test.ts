import { expect } from "chai";

import { requestIds } from "../../src/http/request-id.ts";

describe("requestIds", () => {
  it("makes ids that differ between requests and between processes", () => {
    const [one, two] = [requestIds(), requestIds()];

    expect(new Set([one(undefined), one(undefined), two(undefined), two(undefined)]).size).to.equal(4);
  });

  for (const given of ["", "a b", "a\nb", "é", "x".repeat(129), ["a", "b"], 5]) {
    it(`does not take over ${JSON.stringify(given).slice(0, 20)}`, () => {
      expect(requestIds("p")(given)).to.equal("req_p1");
    });
  }
});
