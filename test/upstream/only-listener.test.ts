import { expect } from "chai";

import { onlyListener } from "../../src/upstream/only-listener.ts";

const listening = { part: { onNotification: () => undefined } };
const deaf = { part: {} };

describe("onlyListener", () => {
  it("is the one call that wants to hear, among any number that do not", () => {
    expect(onlyListener([deaf, listening, deaf])).to.equal(listening);
  });

  it("is nobody when none wants to hear, or two do", () => {
    expect(onlyListener([])).to.equal(undefined);
    expect(onlyListener([deaf])).to.equal(undefined);
    expect(onlyListener([listening, deaf, { part: { onNotification: () => undefined } }])).to.equal(
      undefined,
    );
  });
});
