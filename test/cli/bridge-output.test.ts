import { PassThrough } from "node:stream";

import { expect } from "chai";

import { BridgeOutput } from "../../src/cli/bridge-output.ts";

const progress = Buffer.from('{"jsonrpc":"2.0","method":"notifications/progress","params":{"progress":1}}');
const answer = Buffer.from('{"jsonrpc":"2.0","result":{},"id":1}');

describe("BridgeOutput", () => {
  let stream: PassThrough;
  let output: BridgeOutput;
  let chunks: string[];

  beforeEach(() => {
    stream = new PassThrough();
    output = new BridgeOutput(stream);
    chunks = [];
    stream.on("data", (chunk: Buffer) => chunks.push(chunk.toString()));
  });

  it("writes each message on a line of its own, whatever line breaks it holds", async () => {
    await output.write(Buffer.from('{\n"a":\r\n1}'));
    await output.write(answer);
    expect(chunks.join("")).to.equal(`{ "a":  1}\n${answer.toString()}\n`);
  });

  it("lets a moment pass between progress and the answer, in that order", async () => {
    const started = performance.now();
    await output.write(progress);
    const between = chunks.length;
    await output.write(answer);

    expect(between).to.equal(1);
    expect(performance.now() - started).to.be.at.least(4);
    expect(chunks).to.deep.equal([`${progress.toString()}\n`, `${answer.toString()}\n`]);
  });

  it("does not hold back progress after progress, or an answer without any", async () => {
    const writes = [output.write(answer), output.write(progress), output.write(progress)];
    expect(chunks).to.have.length(3);
    await Promise.all(writes);
  });

  it("drops what nobody reads any more", async () => {
    stream.end();
    await output.write(answer);
    expect(chunks).to.deep.equal([]);
  });
});
