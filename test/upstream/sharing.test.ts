import { expect } from "chai";

import type { Era } from "../../src/domain/protocol.ts";
import type { ClientSelf } from "../../src/upstream/connection.ts";
import { kindOf } from "../../src/upstream/kinds.ts";
import { type Sharing, clientKey, isInteractive, sharingOf } from "../../src/upstream/sharing.ts";

type Sessions = "auto" | "shared" | "per-client";
type Type = "stdio" | "http" | "sse" | "http-tools";

const ASKABLE: ClientSelf = { capabilities: { elicitation: {} }, clientInfo: { name: "a", version: "1" } };
const MUTE: ClientSelf = { capabilities: {} };

/** Who gets what from an upstream that was found to speak 2025. */
const TABLE: readonly {
  type: Type;
  sessionful?: boolean;
  sessions: Sessions;
  /** Of callers of 2025 that cannot be asked, of 2025 that can, of 2026 that cannot, of 2026 that can. */
  is: readonly [Sharing, Sharing, Sharing, Sharing];
}[] = [
  { type: "stdio", sessions: "auto", is: ["shared", "leased", "shared", "exclusive"] },
  { type: "stdio", sessions: "per-client", is: ["leased", "leased", "leased", "exclusive"] },
  { type: "stdio", sessions: "shared", is: ["shared", "shared", "shared", "shared"] },
  { type: "http", sessionful: true, sessions: "auto", is: ["leased", "leased", "leased", "leased"] },
  { type: "http", sessionful: false, sessions: "auto", is: ["shared", "shared", "shared", "shared"] },
  { type: "http", sessionful: false, sessions: "per-client", is: ["leased", "leased", "leased", "leased"] },
  { type: "http", sessionful: true, sessions: "shared", is: ["shared", "shared", "shared", "shared"] },
  { type: "sse", sessionful: true, sessions: "auto", is: ["leased", "leased", "leased", "exclusive"] },
  { type: "sse", sessionful: true, sessions: "per-client", is: ["leased", "leased", "leased", "exclusive"] },
  { type: "sse", sessionful: true, sessions: "shared", is: ["shared", "shared", "shared", "shared"] },
  { type: "http-tools", sessions: "auto", is: ["shared", "shared", "shared", "shared"] },
  { type: "http-tools", sessions: "per-client", is: ["shared", "shared", "shared", "shared"] },
];

const CALLERS = [
  { era: "2025", envelope: undefined },
  { era: "2025", envelope: ASKABLE },
  { era: "2026", envelope: MUTE },
  { era: "2026", envelope: ASKABLE },
] as const;

describe("sharingOf", () => {
  const traitsOf = (type: Type) => kindOf({ type } as Parameters<typeof kindOf>[0]);

  for (const { type, sessionful, sessions, is } of TABLE) {
    const kept = sessionful === undefined ? "" : sessionful ? " with sessions" : " without sessions";
    for (const [i, caller] of CALLERS.entries()) {
      const can = caller.envelope === ASKABLE ? "can" : "cannot";
      it(`of ${type}${kept}, set to ${sessions}: ${is[i]} for a ${caller.era} caller that ${can} be asked`, () => {
        const connection = { era: "2025" as Era, ...(sessionful === undefined ? {} : { sessionful }) };

        expect(sharingOf(traitsOf(type), sessions, connection, { ...caller, scope: "anna" })).to.equal(is[i]);
      });
    }
  }

  it("is shared by all on a leg of the 2026 era, whatever the setting: it keeps nothing", () => {
    for (const type of ["stdio", "http", "sse"] as const) {
      for (const sessions of ["auto", "shared", "per-client"] as const) {
        for (const caller of CALLERS) {
          const sharing = sharingOf(traitsOf(type), sessions, { era: "2026" }, { ...caller, scope: "anna" });
          expect(sharing, `${type} ${sessions} ${caller.era}`).to.equal("shared");
        }
      }
    }
  });

  it("is shared by calls of the gateway itself, which have no scope", () => {
    const connection = { era: "2025", sessionful: true } as const;

    for (const caller of CALLERS) {
      expect(sharingOf(traitsOf("http"), "per-client", connection, { ...caller, scope: "" })).to.equal(
        "shared",
      );
    }
  });
});

describe("isInteractive", () => {
  it("is who can answer one of the three kinds of questions", () => {
    for (const capability of ["sampling", "elicitation", "roots"])
      expect(isInteractive({ capabilities: { [capability]: {} } }), capability).to.equal(true);
  });

  it("is nobody else", () => {
    const others: (ClientSelf | undefined)[] = [
      undefined,
      { capabilities: {} },
      { capabilities: { experimental: { a: {} }, tasks: {} }, logLevel: "debug" },
      { capabilities: { sampling: null, roots: false, elicitation: "yes" } },
    ];

    for (const self of others) expect(isInteractive(self), JSON.stringify(self)).to.equal(false);
  });
});

describe("clientKey", () => {
  const keyOf = (envelope: ClientSelf | undefined, era: Era = "2025"): string => clientKey({ envelope, era });

  it("is one for all that can do nothing, whatever they are called", () => {
    expect(keyOf(undefined)).to.equal("");
    expect(keyOf({ capabilities: {}, clientInfo: { name: "a", version: "1" }, logLevel: "info" })).to.equal(
      "",
    );
  });

  it("is the same for the same abilities, in whatever order they are written", () => {
    const one = {
      capabilities: { roots: { listChanged: true }, sampling: {} },
      clientInfo: { name: "a", version: "1" },
    };
    const two = {
      clientInfo: { version: "1", name: "a" },
      capabilities: { sampling: {}, roots: { listChanged: true } },
    };

    expect(keyOf(one)).to.equal(keyOf(two)).and.not.equal("");
    expect(keyOf(one)).to.equal(keyOf(one));
  });

  it("is another one for other abilities or another client", () => {
    const keys = [
      keyOf({ capabilities: { sampling: {} } }),
      keyOf({ capabilities: { sampling: { tools: {} } } }),
      keyOf({ capabilities: { roots: {} } }),
      keyOf({ capabilities: { roots: {} }, clientInfo: { name: "a", version: "1" } }),
      keyOf({ capabilities: { roots: {} }, clientInfo: { name: "b", version: "1" } }),
      keyOf({ capabilities: { extensions: { "io.x/y": {} } } }),
    ];

    expect(new Set(keys).size).to.equal(keys.length);
  });

  it("does not change with the log level, which a session may set anew at any time", () => {
    const self = { capabilities: { roots: {} } };

    expect(keyOf({ ...self, logLevel: "debug" })).to.equal(keyOf({ ...self, logLevel: "error" }));
  });

  it("keeps the eras apart where questions can come, and only there", () => {
    const silent = { capabilities: { extensions: {} } };

    expect(keyOf(ASKABLE, "2025")).not.to.equal(keyOf(ASKABLE, "2026"));
    expect(keyOf(silent, "2025")).to.equal(keyOf(silent, "2026"));
  });
});
