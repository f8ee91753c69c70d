import { expect } from "chai";

import {
  type ChannelEnd,
  callFailure,
  cancelled,
  exitReason,
  handshakeFailure,
  startFailure,
  unreadable,
} from "../../../src/upstream/stdio/stdio-failure.ts";

const facts = (stderrTail = "") => ({ server: "files", command: "npx", stderrTail });
const exited = (code: number): ChannelEnd => ({
  code: "exited",
  reason: exitReason({ code, signal: null }),
  exit: { code, signal: null },
});

describe("exitReason", () => {
  it("names the exit code", () => {
    expect(exitReason({ code: 3, signal: null })).to.equal("the process exited with code 3");
  });

  it("names the signal when there was one", () => {
    expect(exitReason({ code: null, signal: "SIGSEGV" })).to.equal("the process was ended by SIGSEGV");
  });
});

describe("callFailure", () => {
  it("is unknown when the request had left, so that nobody repeats it blindly", () => {
    const error = callFailure(facts("last words"), exited(1), true);

    expect(error.code).to.equal("upstream_broken");
    expect(error.outcome).to.equal("unknown");
    expect(error.executed).to.equal("unknown");
    expect(error.retryable).to.equal(false);
    expect(error.details).to.deep.equal({
      server: "files",
      command: "npx",
      exit_code: 1,
      signal: null,
      stderr_tail: "last words",
    });
  });

  it("is not sent when the request had not left", () => {
    const error = callFailure(facts(), exited(1), false);

    expect(error.code).to.equal("upstream_unavailable");
    expect(error.outcome).to.equal("not_sent");
    expect(error.retryable).to.equal(true);
  });

  it("has a code of its own for an answer that is too large", () => {
    const end: ChannelEnd = { code: "reply_too_large", reason: "one message is longer than 10 bytes" };

    const error = callFailure(facts(), end, true);

    expect(error.code).to.equal("upstream_reply_too_large");
    expect(error.message).to.contain('"files"').and.contain("longer than 10 bytes");
    expect(error.outcome).to.equal("unknown");
  });

  it("does not blame the answer for a request that had not left", () => {
    const end: ChannelEnd = { code: "reply_too_large", reason: "one message is longer than 10 bytes" };

    expect(callFailure(facts(), end, false).code).to.equal("upstream_unavailable");
  });
});

describe("unreadable", () => {
  it("warns that a call may have been executed", () => {
    expect(unreadable(facts(), "unknown").message).to.contain("may have been executed");
  });

  it("does not warn of a handshake", () => {
    const error = unreadable(facts(), "not_sent");

    expect(error.message).not.to.contain("executed");
    expect(error.executed).to.equal("not_executed");
  });
});

describe("cancelled", () => {
  it("says whether the request had left", () => {
    expect(cancelled(true).executed).to.equal("unknown");
    expect(cancelled(false).executed).to.equal("not_executed");
    expect(cancelled(true).code).to.equal("cancelled");
  });
});

describe("handshakeFailure", () => {
  for (const [words, fix] of [
    [
      "npm error code EAI_AGAIN\nnpm error request to https://registry.npmjs.org failed",
      "could not be fetched",
    ],
    ["npm error 404 Not Found - GET https://registry.npmjs.org/no-such", "does not exist in the registry"],
    ["Error: Cannot find module '/srv/index.js'", "A file or module is missing"],
    ["ModuleNotFoundError: No module named 'mcp'", "A file or module is missing"],
    ["SyntaxError: Unexpected token '?'", "newer one"],
    ["Error: GITHUB_TOKEN environment variable is required", '"env"'],
    ["401 Unauthorized", '"env"'],
    ["Segmentation fault", "Run the command by hand"],
    ["", "Run the command by hand"],
  ] as const) {
    it(`has a fix for the last words "${words.slice(0, 40)}"`, () => {
      const error = handshakeFailure(facts(words), exited(1));

      expect(error.fix[0]?.label).to.contain(fix);
      expect(error.outcome).to.equal("not_sent");
    });
  }

  it("asks for the right arguments when a program runs but says nothing", () => {
    const end: ChannelEnd = { code: "no_handshake", reason: "no answer to the MCP handshake in 100 ms" };

    const error = handshakeFailure(facts("token"), end);

    expect(error.fix[0]?.label).to.contain("does not speak MCP");
    expect(error.message).to.equal(
      'Upstream "files" cannot be reached: no answer to the MCP handshake in 100 ms.',
    );
  });
});

describe("startFailure", () => {
  for (const [errno, reason] of [
    ["ENOENT", 'the command "npx" was not found'],
    ["EACCES", 'the command "npx" may not be executed'],
    ["NO_CWD", 'its working directory "/srv" does not exist'],
    ["EMFILE", 'the command "npx" could not be started (EMFILE)'],
  ] as const) {
    it(`explains ${errno}`, () => {
      const error = startFailure(facts(), "/srv", { code: errno });

      expect(error.message).to.contain(reason);
      expect(error.details["errno"]).to.equal(errno);
      expect(error.fix).to.have.length(1);
    });
  }

  it("survives a cause that is no system error", () => {
    for (const cause of [null, undefined, "text", { code: 5 }]) {
      expect(startFailure(facts(), undefined, cause).message).to.contain("(unknown error)");
    }
  });
});
