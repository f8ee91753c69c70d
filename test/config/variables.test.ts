import { expect } from "chai";
import { assert, pre, property, string } from "fast-check";

import { expandVariables } from "../../src/config/config.ts";
import { GatewayError } from "../../src/domain/errors.ts";

const env = { TOKEN: "t0k", EMPTY: "", NESTED: "${TOKEN}", A: "1", B: "2" };

function refusal(text: string): GatewayError {
  try {
    expandVariables(text, env);
  } catch (error) {
    if (error instanceof GatewayError) return error;
  }
  return expect.fail("the text was expanded");
}

describe("expandVariables", () => {
  for (const [text, expanded] of [
    ["plain", "plain"],
    ["", ""],
    ["Bearer ${TOKEN}", "Bearer t0k"],
    ["${A}-${B}", "1-2"],
    ["${env:TOKEN}", "t0k"],
    ["${NOPE:-fallback}", "fallback"],
    ["${NOPE:-}", ""],
    ["${NOPE:-a:-b}", "a:-b"],
    ["${EMPTY}", ""],
    ["${EMPTY:-fallback}", "fallback"],
    ["${TOKEN:-fallback}", "t0k"],
    ["${NESTED}", "${TOKEN}"],
    ["$${TOKEN}", "${TOKEN}"],
    ["cost: $5 {x} $TOKEN", "cost: $5 {x} $TOKEN"],
  ] as const) {
    it(`makes ${JSON.stringify(expanded)} of ${JSON.stringify(text)}`, () => {
      expect(expandVariables(text, env)).to.equal(expanded);
    });
  }

  it("names an unset variable and the fix", () => {
    const error = refusal("Bearer ${GITHUB_TOKEN}");

    expect(error.code).to.equal("needs_input");
    expect(error.message).to.equal('The environment variable "GITHUB_TOKEN" is not set.');
    expect(error.details).to.deep.equal({ variable: "GITHUB_TOKEN" });
    expect(error.fix[0]?.label).to.contain("GITHUB_TOKEN");
  });

  for (const reference of ["secret:github", "input:api-key"]) {
    it(`says that \${${reference}} is not available yet`, () => {
      const error = refusal(`x \${${reference}} y`);

      expect(error.code).to.equal("needs_input");
      expect(error.message).to.contain("not available yet");
      expect(error.fix).to.have.length(1);
    });
  }

  for (const text of ["${a b}", "${}", "${unclosed", "${1A}", "${A.B}", "${toString}", "${__proto__}"]) {
    it(`refuses ${text} instead of passing it on`, () => {
      expect(refusal(text).code).to.equal("needs_input");
    });
  }

  it("never puts the surrounding text, which may be a secret, into an error", () => {
    expect(refusal("s3cret ${NOPE} s3cret").message).not.to.contain("s3cret");
    expect(refusal("${s3cret!").message).not.to.contain("s3cret");
  });

  it("leaves every text without a reference alone", () => {
    assert(
      property(string(), (text) => {
        pre(!text.includes("${"));
        expect(expandVariables(text, env)).to.equal(text);
      }),
    );
  });

  it("reads a very long run of openings in one pass", () => {
    expect(refusal("${".repeat(50_000)).code).to.equal("needs_input");
  });
});
