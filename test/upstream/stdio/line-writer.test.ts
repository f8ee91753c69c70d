import { Writable } from "node:stream";
import { setImmediate as turn } from "node:timers/promises";

import { expect } from "chai";

import { LineWriter } from "../../../src/upstream/stdio/line-writer.ts";

/** A pipe that is full after each write until `drain` is called. */
class SlowPipe extends Writable {
  readonly writes: string[] = [];
  readonly #slow: boolean;
  #done: (() => void) | undefined;

  constructor(slow: boolean) {
    super({ highWaterMark: 1, decodeStrings: false });
    this.#slow = slow;
  }

  override _write(chunk: string, _encoding: string, done: () => void): void {
    this.writes.push(chunk);
    if (this.#slow) this.#done = done;
    else done();
  }

  drain(): void {
    this.#done?.();
  }
}

function line(text: string, log: string[] = []) {
  return { text, withdrawn: false, leaving: () => void log.push(text) };
}

describe("LineWriter", () => {
  it("sends what comes in one turn in one write, in order", async () => {
    const pipe = new SlowPipe(true);
    const writer = new LineWriter(pipe);

    for (const text of ["a", "b", "c"]) writer.send(line(text));
    await turn();

    expect(pipe.writes).to.deep.equal(["a\nb\nc\n"]);
  });

  it("tells each line that it leaves, and only then", async () => {
    const leaving: string[] = [];
    const writer = new LineWriter(new SlowPipe(true));

    writer.send(line("a", leaving));
    const before = [...leaving];
    await turn();

    expect(before).to.deep.equal([]);
    expect(leaving).to.deep.equal(["a"]);
  });

  it("holds lines back while the pipe is full", async () => {
    const leaving: string[] = [];
    const pipe = new SlowPipe(true);
    const writer = new LineWriter(pipe);
    writer.send(line("a", leaving));
    await turn();

    writer.send(line("b", leaving));
    writer.send(line("c", leaving));
    await turn();
    const whileFull = [...leaving];
    pipe.drain();
    await turn();

    expect(whileFull).to.deep.equal(["a"]);
    expect(leaving).to.deep.equal(["a", "b", "c"]);
    expect(pipe.writes).to.deep.equal(["a\n", "b\nc\n"]);
  });

  it("does not send a line that was withdrawn while it waited", async () => {
    const leaving: string[] = [];
    const pipe = new SlowPipe(false);
    const writer = new LineWriter(pipe);
    const withdrawn = { ...line("b", leaving), withdrawn: false };
    writer.send(line("a", leaving));
    writer.send(withdrawn);
    withdrawn.withdrawn = true;
    await turn();

    expect(pipe.writes.join("")).to.equal("a\n");
    expect(leaving).to.deep.equal(["a"]);
  });

  it("forgets withdrawn lines while a child does not read", async () => {
    const pipe = new SlowPipe(true);
    const writer = new LineWriter(pipe);
    writer.send(line("first"));
    await turn();
    let looked = 0;
    const withdrawn = {
      ...line("x"),
      get withdrawn() {
        looked += 1;
        return true;
      },
    };

    for (let i = 0; i < 1_000; i++) writer.send(withdrawn);
    looked = 0;
    pipe.drain();
    await turn();

    expect(looked).to.be.below(70);
    expect(pipe.writes.join("")).to.equal("first\n");
  });

  it("cuts what is large into several writes", async () => {
    const pipe = new SlowPipe(false);
    const writer = new LineWriter(pipe);

    for (let i = 0; i < 10; i++) writer.send(line(String(i).repeat(40_000)));
    while (pipe.writes.join("").length < 400_010) await turn();

    expect(pipe.writes.length).to.equal(5);
  });

  it("sends nothing into a pipe that is closed", async () => {
    const leaving: string[] = [];
    const pipe = new SlowPipe(false);
    const writer = new LineWriter(pipe);
    pipe.destroy();

    writer.send(line("a", leaving));
    await turn();

    expect(leaving).to.deep.equal([]);
  });
});
