import { expect } from "chai";

import { GatewayClient } from "../../src/cli/gateway-client.ts";
import { withServerSuggestion, withToolSuggestion } from "../../src/cli/suggestions.ts";
import { GatewayError, ServerNotFound, ToolNotFound } from "../../src/domain/errors.ts";
import { rejection } from "../support/refusal.ts";
import { RestStub } from "../support/rest-stub.ts";

describe("suggestions", () => {
  let stub: RestStub;
  let client: GatewayClient;

  beforeEach(async () => {
    stub = await RestStub.start();
    client = new GatewayClient({ url: stub.url, key: stub.key, signal: new AbortController().signal, fetch });
  });
  afterEach(() => stub.close());

  it("give back what the work gives, without asking for a list", async () => {
    expect(await withToolSuggestion(client, "x", () => Promise.resolve(5))).to.equal(5);
    expect(stub.seen).to.deep.equal([]);
  });

  for (const [typed, meant] of [
    ["demo__ecoh", "demo__echo"],
    ["demo_echo", "demo__echo"],
    ["DEMO__ECHO", "demo__echo"],
    ["ehco", "echo"],
    ["demo.add", "demo__add"],
  ] as const) {
    it(`name "${meant}" for "${typed}"`, async () => {
      const error = await rejection(() =>
        withToolSuggestion(client, typed, () => Promise.reject(new ToolNotFound(typed))),
      );

      expect(error.message).to.equal(`Unknown tool: ${typed}; did you mean "${meant}"?`);
      expect(error).to.include({ code: "tool_not_found", exitCode: 5 });
      expect(error.details).to.include({ tool: typed, did_you_mean: meant });
    });
  }

  it("keep the fix of the failure", async () => {
    const error = await rejection(() =>
      withServerSuggestion(client, "dmo", () => Promise.reject(new ServerNotFound("dmo"))),
    );

    expect(error.fix).to.deep.equal(new ServerNotFound("dmo").fix);
    expect(error.message).to.contain('did you mean "demo"?');
  });

  it("leave a failure as it is when nothing is near", async () => {
    const failure = new ToolNotFound("zebra");

    expect(
      await rejection(() => withToolSuggestion(client, "zebra", () => Promise.reject(failure))),
    ).to.equal(failure);
  });

  it("leave every other failure as it is", async () => {
    const failure = new GatewayError("forbidden", "no");

    expect(await rejection(() => withToolSuggestion(client, "ecoh", () => Promise.reject(failure)))).to.equal(
      failure,
    );
    expect(stub.seen).to.deep.equal([]);
  });

  it("leave the failure as it is when there is no list to be had", async () => {
    const failure = new ToolNotFound("demo__ecoh");
    const lost = new GatewayClient({
      url: "http://127.0.0.1:1",
      key: "k",
      signal: new AbortController().signal,
      fetch,
    });

    expect(
      await rejection(() => withToolSuggestion(lost, "demo__ecoh", () => Promise.reject(failure))),
    ).to.equal(failure);
  });
});
