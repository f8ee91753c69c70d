import { expect } from "chai";

import { refuseQuestion } from "../../src/upstream/refuse-question.ts";
import { NEVER } from "./mcp-upstream.ts";

describe("refuseQuestion", () => {
  it("says that the client does not support the method", async () => {
    const reply = await refuseQuestion({ method: "roots/list", params: {}, signal: NEVER() });

    expect(reply.kind).to.equal("error");
    expect(reply.value).to.deep.equal({
      code: -32601,
      message: 'This client does not support "roots/list".',
    });
  });

  it("answers a ping", async () => {
    const reply = await refuseQuestion({ method: "ping", params: {}, signal: NEVER() });

    expect(reply).to.deep.include({ kind: "result", value: {} });
  });
});
