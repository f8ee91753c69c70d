import { expect } from "chai";
import * as fc from "fast-check";

import { stem } from "../../src/search/stemmer.ts";

/** The examples that Porter gives for each step of his paper, followed through all later steps. */
const PAPER: Readonly<Record<string, string>> = {
  caresses: "caress",
  ponies: "poni",
  ties: "ti",
  caress: "caress",
  cats: "cat",
  feed: "feed",
  agreed: "agre",
  plastered: "plaster",
  bled: "bled",
  motoring: "motor",
  sing: "sing",
  conflated: "conflat",
  troubled: "troubl",
  sized: "size",
  hopping: "hop",
  tanned: "tan",
  falling: "fall",
  hissing: "hiss",
  fizzed: "fizz",
  failing: "fail",
  filing: "file",
  happy: "happi",
  sky: "sky",
  relational: "relat",
  conditional: "condit",
  rational: "ration",
  valenci: "valenc",
  hesitanci: "hesit",
  digitizer: "digit",
  conformabli: "conform",
  radicalli: "radic",
  differentli: "differ",
  vileli: "vile",
  analogousli: "analog",
  vietnamization: "vietnam",
  predication: "predic",
  operator: "oper",
  feudalism: "feudal",
  decisiveness: "decis",
  hopefulness: "hope",
  callousness: "callous",
  formaliti: "formal",
  sensitiviti: "sensit",
  sensibiliti: "sensibl",
  triplicate: "triplic",
  formative: "form",
  formalize: "formal",
  electriciti: "electr",
  electrical: "electr",
  hopeful: "hope",
  goodness: "good",
  revival: "reviv",
  allowance: "allow",
  inference: "infer",
  airliner: "airlin",
  gyroscopic: "gyroscop",
  adjustable: "adjust",
  defensible: "defens",
  irritant: "irrit",
  replacement: "replac",
  adjustment: "adjust",
  dependent: "depend",
  adoption: "adopt",
  homologou: "homolog",
  communism: "commun",
  activate: "activ",
  angulariti: "angular",
  homologous: "homolog",
  effective: "effect",
  bowdlerize: "bowdler",
  probate: "probat",
  rate: "rate",
  cease: "ceas",
  controll: "control",
  roll: "roll",
  generalizations: "gener",
  oscillators: "oscil",
};

describe("search/stemmer", () => {
  it("gives the stems of Porter's paper", () => {
    const stems = Object.fromEntries(Object.keys(PAPER).map((word) => [word, stem(word)]));

    expect(stems).to.deep.equal(PAPER);
  });

  it("brings the forms of a word together", () => {
    const families = [
      ["connect", "connected", "connecting", "connection", "connections"],
      ["repository", "repositories"],
      ["schedule", "scheduled", "schedules", "scheduling"],
      ["translate", "translation", "translator", "translating"],
      ["file", "files", "filing"],
    ];

    for (const family of families) expect(new Set(family.map(stem)).size, family.join()).to.equal(1);
  });

  it("leaves short words, digits, accents and other scripts alone", () => {
    for (const word of ["", "a", "is", "s3", "naïve", "文件", "файлы", "utf8s", "2nd"]) {
      expect(stem(word)).to.equal(word);
    }
  });

  it("never lengthens a word by more than a letter and never empties one", () => {
    const anyWord = fc.stringMatching(/^[a-z]{3,20}$/);

    fc.assert(
      fc.property(anyWord, (word) => {
        const stemmed = stem(word);
        return stemmed.length > 0 && stemmed.length <= word.length + 1 && /^[a-z]+$/.test(stemmed);
      }),
    );
  });
});
