import { expect } from "chai";

import { ACTIONS, type Action, allows, authorize, neededRole } from "../../src/auth/auth.ts";
import type { Identity, Role } from "../../src/domain/identity.ts";
import { refusal } from "../support/refusal.ts";

const as = (role: Role): Identity => ({ subject: "anna", tenant: "default", role });

/** What each role may do that the role before it may not. */
const ADDED: Readonly<Record<Role, readonly Action[]>> = {
  viewer: [
    "mcp:connect",
    "server:read",
    "tool:read",
    "call:read",
    "health:read",
    "metrics:read",
    "cache:read",
  ],
  user: ["tool:call", "resource:read", "prompt:get"],
  operator: ["call:read-all", "server:test", "server:write", "tool:write", "cache:purge"],
  admin: ["server:write-command", "key:read", "key:write"],
};

describe("policy", () => {
  it("lists every action once", () => {
    const listed = Object.values(ADDED).flat();

    expect(listed.sort()).to.deep.equal([...ACTIONS].sort());
  });

  let allowed: Action[] = [];
  for (const [role, added] of Object.entries(ADDED) as [Role, readonly Action[]][]) {
    allowed = [...allowed, ...added];
    const may = new Set(allowed);
    for (const action of ACTIONS) {
      it(`${may.has(action) ? "lets" : "does not let"} a ${role} ${action}`, () => {
        expect(allows(as(role), action)).to.equal(may.has(action));
      });
    }
  }

  it("lets a role that it does not know do nothing", () => {
    expect(ACTIONS.filter((action) => allows(as("root" as Role), action))).to.deep.equal([]);
  });

  it("says which role is needed", () => {
    const error = refusal(() => authorize(as("user"), "server:write-command"));

    expect(error.code).to.equal("forbidden");
    expect(error.details).to.deep.equal({ action: "server:write-command", needed_role: "admin" });
    expect(neededRole("server:write-command")).to.equal("admin");
  });

  it("is silent when all is well", () => {
    expect(() => authorize(as("admin"), "key:write")).not.to.throw();
  });
});
