import { expect } from "chai";

import { EraMemory, eraKey, programKey } from "../../../src/upstream/http/era-memory.ts";

describe("EraMemory", () => {
  it("knows what it learned, and nothing else", () => {
    const memory = new EraMemory();

    memory.learn("a", "2026", false);
    memory.learn("a", "2025", true);

    expect(memory.speaks("a", "2026")).to.equal(false);
    expect(memory.speaks("a", "2025")).to.equal(true);
    expect(memory.speaks("b", "2025")).to.equal(undefined);
  });

  it("forgets after an hour, counted from the first thing learned", () => {
    let now = 0;
    const memory = new EraMemory(() => now);
    memory.learn("a", "2026", false);
    now = 59 * 60_000;
    memory.learn("a", "2025", true);
    expect(memory.speaks("a", "2026")).to.equal(false);

    now = 60 * 60_000;

    expect(memory.speaks("a", "2026")).to.equal(undefined);
    expect(memory.speaks("a", "2025")).to.equal(undefined);
  });

  it("forgets when told to", () => {
    const memory = new EraMemory();
    memory.learn("a", "2026", true);

    memory.forget("a");

    expect(memory.speaks("a", "2026")).to.equal(undefined);
  });

  it("does not grow without end", () => {
    const memory = new EraMemory();

    for (let i = 0; i <= 10_000; i++) memory.learn(`key-${i}`, "2025", true);

    expect(memory.speaks("key-0", "2025")).to.equal(undefined);
    expect(memory.speaks("key-10000", "2025")).to.equal(true);
  });
});

describe("eraKey", () => {
  const plan = { url: "http://a/", headers: { a: "1", b: "2" }, era: "auto" } as const;

  it("is another one for another URL, other headers or another setting", () => {
    const keys = [
      plan,
      { ...plan, url: "http://b/" },
      { ...plan, headers: { a: "1" } },
      { ...plan, era: "2025" as const },
    ].map(eraKey);

    expect(new Set(keys).size).to.equal(4);
  });

  it("does not depend on the order of the headers", () => {
    expect(eraKey({ ...plan, headers: { b: "2", a: "1" } })).to.equal(eraKey(plan));
  });

  it("shows nothing of the headers", () => {
    expect(eraKey({ ...plan, headers: { authorization: "s3cret" } })).to.match(/^[0-9a-f]{64}$/);
  });
});

describe("programKey", () => {
  const plan = { command: "node", args: ["a.js"], env: { TOKEN: "s3cret" }, era: "auto" } as const;

  it("is another one for another program, other arguments, another place or another setting", () => {
    const keys = [
      plan,
      { ...plan, command: "deno" },
      { ...plan, args: ["b.js"] },
      { ...plan, env: {} },
      { ...plan, cwd: "/tmp" },
      { ...plan, era: "assume-2026" as const },
    ].map(programKey);

    expect(new Set(keys).size).to.equal(6);
  });

  it("shows nothing of the environment", () => {
    expect(programKey(plan)).to.match(/^[0-9a-f]{64}$/);
  });
});
