import { expect } from "chai";

import type { JsonObject } from "../../../src/domain/json.ts";
import { markState, unmarkState } from "../../../src/mcp/questions/foreign-states.ts";
import { isOwnState } from "../../../src/mcp/questions/request-states.ts";
import { Reply } from "../../../src/wire/reply.ts";

const asking = (requestState: string): Reply =>
  Reply.of("result", { resultType: "input_required", inputRequests: {}, requestState }, "2026");
const stateOf = (reply: Reply): string => String(reply.value["requestState"]);

describe("states of upstreams that are a Switchgear themselves", () => {
  it("never look like ours to the client, and come back to their upstream as they were", () => {
    for (const state of ["swg1.payload.mac", "swgx.swg1.payload.mac"]) {
      const shown = stateOf(markState(asking(state)));

      expect(isOwnState(shown)).to.equal(false);
      expect(unmarkState({ name: "n", requestState: shown })).to.deep.equal({
        name: "n",
        requestState: state,
      });
    }
  });

  it("are the only ones that are touched", () => {
    for (const reply of [
      asking("opaque"),
      asking("x swg1."),
      Reply.of("result", { resultType: "complete", requestState: "swg1.a.b" }, "2026"),
      Reply.of("result", { resultType: "complete", text: '"swg1."' }, "2026"),
      Reply.of("error", { code: -1, message: "swg", data: { requestState: "swg1.a" } }, "2026"),
    ])
      expect(markState(reply)).to.equal(reply);
  });

  it("are left alone on the way in when they bear no mark", () => {
    for (const requestState of ["opaque", "swg1.a.b", 7, undefined]) {
      const params: JsonObject = { name: "n", requestState };
      expect(unmarkState(params)).to.equal(params);
    }
  });
});
