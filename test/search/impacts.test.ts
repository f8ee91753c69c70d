import { expect } from "chai";

import { Analyzer } from "../../src/search/analyzer.ts";
import { impactsOf } from "../../src/search/impacts.ts";
import type { ToolFields } from "../../src/search/tool-fields.ts";

const EMPTY: ToolFields = {
  name: "",
  server: "",
  description: "",
  parameterNames: "",
  parameterDescriptions: "",
  tags: "",
};

function impactOf(term: string, fields: Partial<ToolFields>): number {
  return impactsOf({ ...EMPTY, ...fields }, new Analyzer()).get(term) ?? 0;
}

describe("search/impacts", () => {
  it("weighs the name over the server, the description, the parameters' names and their descriptions", () => {
    const impacts = [
      impactOf("mail", { name: "send mail now" }),
      impactOf("mail", { server: "mail box" }),
      impactOf("mail", { description: `mail ${"word ".repeat(15)}` }),
      impactOf("mail", { parameterNames: "mail to copy subject body" }),
      impactOf("mail", { parameterDescriptions: `mail ${"word ".repeat(19)}` }),
    ];

    expect(impacts).to.deep.equal(impacts.toSorted((a, b) => b - a));
    expect(new Set(impacts).size).to.equal(5);
  });

  it("adds up the fields in which a term stands", () => {
    const both = impactOf("mail", { name: "send_mail", description: "Send mail" });

    expect(both).to.be.above(impactOf("mail", { name: "send_mail" }));
    expect(both).to.be.below(1);
  });

  it("counts a term less the longer the text around it", () => {
    const short = impactOf("mail", { description: "Send mail" });
    const long = impactOf("mail", { description: `Send mail ${"with many further remarks ".repeat(20)}` });

    expect(long).to.be.below(short / 2);
  });

  it("grows less and less with repetition", () => {
    const [once, twice, often] = [1, 2, 200].map((times) =>
      impactOf("mail", { tags: "mail ".repeat(times) }),
    );

    expect(twice).to.be.above(once ?? 0);
    expect(often).to.be.below(1);
  });

  it("keeps stop words of the name only", () => {
    expect(impactOf("it", { name: "do_it" })).to.be.above(0);
    expect(impactOf("it", { description: "do it" })).to.equal(0);
  });

  it("gives nothing for a tool without words", () => {
    expect(impactsOf({ ...EMPTY, name: "___", description: "!!!" }, new Analyzer()).size).to.equal(0);
  });
});
